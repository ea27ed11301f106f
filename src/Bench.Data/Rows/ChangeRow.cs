using Bench.Domain.Results;

namespace Bench.Data.Rows;

/// <summary>What people think of a change.</summary>
public enum ChangeState
{
    /// <summary>Found, and nobody has looked at it.</summary>
    Detected,

    /// <summary>Somebody looks into it.</summary>
    Acknowledged,

    /// <summary>A later change brought the old level back.</summary>
    Fixed,

    /// <summary>The new level is the one to judge by from now on.</summary>
    Accepted,

    /// <summary>It does not matter.</summary>
    Ignored,
}

/// <summary>A place in the history of a cell where its numbers changed their level.</summary>
public sealed class ChangeRow
{
    /// <summary>chg_….</summary>
    public required string Id { get; set; }

    /// <summary>Cell.</summary>
    public required int CellId { get; set; }

    /// <summary>Seed of the runs.</summary>
    public required int Seed { get; set; }

    /// <summary>Kind of environment.</summary>
    public required string ComparabilityKey { get; set; }

    /// <summary>Metric.</summary>
    public required string Metric { get; set; }

    /// <summary>Its unit.</summary>
    public required string Unit { get; set; }

    /// <summary>Which way it improves.</summary>
    public required Better Better { get; set; }

    /// <summary>Last run of the old level.</summary>
    public required string LastRunBefore { get; set; }

    /// <summary>First run of the new level.</summary>
    public required string FirstRunAfter { get; set; }

    /// <summary>When the first run of the new level was stored.</summary>
    public required DateTime At { get; set; }

    /// <summary>Mean level before.</summary>
    public required double Before { get; set; }

    /// <summary>Mean level after.</summary>
    public required double After { get; set; }

    /// <summary>Two-sided p of the t-test between the two levels.</summary>
    public required double PValue { get; set; }

    /// <summary>Runs of the new level, the first included.</summary>
    public required int RunsAfter { get; set; }

    /// <summary>Commit of the last run before; empty when it was not recorded.</summary>
    public string CommitBefore { get; set; } = "";

    /// <summary>Commit of the first run after.</summary>
    public string CommitAfter { get; set; } = "";

    /// <summary>When a search found it first.</summary>
    public required DateTime DetectedAt { get; set; }

    /// <summary>What people think of it.</summary>
    public required ChangeState State { get; set; }

    /// <summary>Who set the state; null while nobody did.</summary>
    public string? StateBy { get; set; }

    /// <summary>When the state was set.</summary>
    public DateTime? StateAt { get; set; }

    /// <summary>Why, in the words of whoever set the state.</summary>
    public string Comment { get; set; } = "";

    /// <summary>When the change was sent to the webhook; null while it was not.</summary>
    public DateTime? NotifiedAt { get; set; }

    /// <summary>After over before minus 1.</summary>
    public double RelativeChange => (After / Before) - 1;

    /// <summary>Whether the change is for the worse.</summary>
    public bool IsWorse => After > Before == (Better == Better.Lower);
}
