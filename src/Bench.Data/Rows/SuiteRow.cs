namespace Bench.Data.Rows;

/// <summary>A suite as it was last pushed.</summary>
public sealed class SuiteRow
{
    /// <summary>Kebab-case name.</summary>
    public required string Name { get; set; }

    /// <summary>One line for people.</summary>
    public required string Title { get; set; }

    /// <summary>What it answers and how long it takes.</summary>
    public string Description { get; set; } = "";

    /// <summary>SHA-256 of the suite file.</summary>
    public required string ContentHash { get; set; }

    /// <summary>When it was pushed last.</summary>
    public required DateTime UpdatedAt { get; set; }
}

/// <summary>One cell of a suite with one seed.</summary>
public sealed class SuiteCellRow
{
    /// <summary>Suite.</summary>
    public required string Suite { get; set; }

    /// <summary>Place in the plan, from zero.</summary>
    public required int Ordinal { get; set; }

    /// <summary>Cell.</summary>
    public required int CellId { get; set; }

    /// <summary>Seed of inputs, weights and data order.</summary>
    public required int Seed { get; set; }

    /// <summary>Rough duration in seconds.</summary>
    public required double EstimatedSeconds { get; set; }

    /// <summary>How much effort to spend.</summary>
    public SortedDictionary<string, string> Budget { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Why the cell cannot run; null when it can.</summary>
    public string? IneligibleReason { get; set; }
}
