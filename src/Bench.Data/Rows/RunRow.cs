using Bench.Domain.Results;

namespace Bench.Data.Rows;

/// <summary>One submitted result. Never changed afterwards, except <see cref="IsLatest"/>.</summary>
public sealed class RunRow
{
    /// <summary><c>run_…</c>.</summary>
    public required string Id { get; set; }

    /// <summary><c>res_…</c>, chosen by the agent.</summary>
    public required string ResultId { get; set; }

    /// <summary>Attempt that made it; one attempt brings one run.</summary>
    public required string AttemptId { get; set; }

    /// <summary>Job.</summary>
    public required string JobId { get; set; }

    /// <summary>Cell.</summary>
    public required int CellId { get; set; }

    /// <summary>Seed.</summary>
    public required int Seed { get; set; }

    /// <summary>Suite that asked for it.</summary>
    public required string Suite { get; set; }

    /// <summary>Agent.</summary>
    public required string AgentId { get; set; }

    /// <summary>Whether there are numbers.</summary>
    public required Outcome Outcome { get; set; }

    /// <summary>Why there are none.</summary>
    public FailureClass? FailureClass { get; set; }

    /// <summary>What happened and why.</summary>
    public string? FailureMessage { get; set; }

    /// <summary>What to do next.</summary>
    public string? FailureRemedy { get; set; }

    /// <summary>Where the numbers were made.</summary>
    public required string EnvironmentHash { get; set; }

    /// <summary>Coarse kind of device.</summary>
    public required string DeviceClass { get; set; }

    /// <summary>Numbers of different keys are never ranked together.</summary>
    public required string ComparabilityKey { get; set; }

    /// <summary>Environment fact <c>build.hash</c>, empty when absent.</summary>
    public required string BuildHash { get; set; }

    /// <summary>When the attempt began on the agent.</summary>
    public required DateTime StartedAt { get; set; }

    /// <summary>When it ended on the agent.</summary>
    public required DateTime FinishedAt { get; set; }

    /// <summary>When the server stored it.</summary>
    public required DateTime ReceivedAt { get; set; }

    /// <summary>Whether the lease had already ended.</summary>
    public bool Late { get; set; }

    /// <summary>Whether this is the newest counting run of its cell, seed and comparability key.</summary>
    public bool IsLatest { get; set; }

    /// <summary>Everything that only the run's own page shows.</summary>
    public RunDetail Detail { get; set; } = new();
}

/// <summary>The part of a result that no list and no chart reads.</summary>
public sealed record RunDetail
{
    /// <summary>What the correctness gate found.</summary>
    public CorrectnessReport? Correctness { get; init; }

    /// <summary>Further facts about the model or the run.</summary>
    public SortedDictionary<string, double> Facts { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Seconds spent in each phase.</summary>
    public SortedDictionary<string, double> PhaseSeconds { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Evaluations during training.</summary>
    public IReadOnlyList<CurvePoint> LearningCurve { get; init; } = [];

    /// <summary>Last lines of the child processes' output.</summary>
    public string LogTail { get; init; } = "";
}
