namespace Bench.Domain.Matrix;

/// <summary>A suite after expansion against a catalogue: the exact list of cells that its YAML file asks for.</summary>
public sealed record SuitePlan
{
    /// <summary>Kebab-case name, such as <c>quick</c>.</summary>
    public required string Name { get; init; }

    /// <summary>One line for people.</summary>
    public required string Title { get; init; }

    /// <summary>What it answers and how long it takes.</summary>
    public string Description { get; init; } = "";

    /// <summary>SHA-256 of the suite file, in hexadecimal.</summary>
    public required string ContentHash { get; init; }

    /// <summary>Every cell, also those that cannot run.</summary>
    public required IReadOnlyList<PlannedCell> Cells { get; init; }
}
