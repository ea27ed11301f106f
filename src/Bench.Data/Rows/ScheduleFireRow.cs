namespace Bench.Data.Rows;

/// <summary>How a fire of a schedule ended.</summary>
public enum FireOutcome
{
    /// <summary>It is at work.</summary>
    Running,

    /// <summary>It did its work.</summary>
    Succeeded,

    /// <summary>It failed; the message says why.</summary>
    Failed,

    /// <summary>No server was up when it was due.</summary>
    Missed,
}

/// <summary>One time at which a schedule fired, or should have.</summary>
public sealed class ScheduleFireRow
{
    /// <summary><c>fir_…</c>.</summary>
    public required string Id { get; set; }

    /// <summary>Name of the schedule.</summary>
    public required string Schedule { get; set; }

    /// <summary>When it was due.</summary>
    public required DateTime DueAt { get; set; }

    /// <summary>When it began; null when it was missed.</summary>
    public DateTime? StartedAt { get; set; }

    /// <summary>When it ended.</summary>
    public DateTime? EndedAt { get; set; }

    /// <summary>How it ended.</summary>
    public required FireOutcome Outcome { get; set; }

    /// <summary>What it did, in one line.</summary>
    public string Message { get; set; } = "";
}
