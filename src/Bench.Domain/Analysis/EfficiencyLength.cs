namespace Bench.Domain.Analysis;

/// <summary>Why an efficiency length is no plain number inside the measured range.</summary>
public enum Censoring
{
    /// <summary>A number inside the range.</summary>
    None,

    /// <summary>Cheaper than the baseline at every measured length: below the first.</summary>
    BelowRange,

    /// <summary>Not cheaper at the last common length: above it, if ever.</summary>
    AboveRange,

    /// <summary>The baseline failed between two lengths: the crossing lies somewhere between them.</summary>
    BetweenLengths,
}

/// <summary>
/// The sequence length from which an implementation is cheaper than the baseline; for time and for memory apart.
/// </summary>
public sealed record EfficiencyLength
{
    /// <summary>Whose length it is.</summary>
    public required string Implementation { get; init; }

    /// <summary><c>cab</c> or <c>measured</c>; figures of different protocols are never compared.</summary>
    public required string Protocol { get; init; }

    /// <summary>Tokens; null when there is none to print (see <see cref="Censoring"/> and <see cref="Note"/>).</summary>
    public double? Value { get; init; }

    /// <summary>
    /// Where the resampled lengths lie; null without repetitions. Ends at the range's edge when resamples leave the range.
    /// </summary>
    public Interval? Interval { get; init; }

    /// <summary>Why <see cref="Value"/> is no plain number.</summary>
    public Censoring Censoring { get; init; }

    /// <summary>Whether an end of <see cref="Interval"/> touches the edge of the measured range.</summary>
    public bool IntervalTouchesEdge { get; init; }

    /// <summary>First and last length at which both curves were measured.</summary>
    public required (int First, int Last) Range { get; init; }

    /// <summary>Whether <see cref="Value"/> lies outside <see cref="Range"/>: a fitted figure, never a measured one.</summary>
    public bool IsExtrapolated => Value is { } value && (value < Range.First || value > Range.Last);

    /// <summary>Every crossing in tokens, ascending, in either direction. For <c>cab</c> the two roots.</summary>
    public IReadOnlyList<double> Crossings { get; init; } = [];

    /// <summary>R² of the implementation's line; null where no line is fitted.</summary>
    public double? RSquared { get; init; }

    /// <summary>What a reader must know, such as why there is no value.</summary>
    public string? Note { get; init; }

    /// <summary>For people: <c>1877.3</c>, <c>&lt; 256</c>, <c>&gt; 8192</c> or <c>none</c>.</summary>
    public string Text => Censoring switch
    {
        Censoring.BelowRange => FormattableString.Invariant($"< {Range.First}"),
        Censoring.AboveRange => FormattableString.Invariant($"> {Range.Last}"),
        _ => Value is { } value ? FormattableString.Invariant($"{value:0.0}") : "none",
    };
}
