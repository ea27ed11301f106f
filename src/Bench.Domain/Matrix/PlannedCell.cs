namespace Bench.Domain.Matrix;

/// <summary>A cell that a suite asks for, with one seed; an ineligible one says why it cannot run.</summary>
public sealed record PlannedCell
{
    /// <summary>What to run.</summary>
    public required Cell Cell { get; init; }

    /// <summary>Seed of inputs, weights and data order.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>
    /// How much effort to spend, such as <c>processes = 3</c> or <c>maxSeconds = 20</c>. Not part of the cell's key: a larger budget makes the
    /// same number more certain, not another number.
    /// </summary>
    public SortedDictionary<string, string> Budget { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Rough duration in seconds; the hard limit of an attempt is derived from it.</summary>
    public double EstimatedSeconds { get; init; } = 5;

    /// <summary>Why the cell cannot run, such as <c>'linformer' does not support causal-self</c>; null when it can.</summary>
    public string? IneligibleReason { get; init; }
}
