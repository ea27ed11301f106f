namespace Bench.Web.Components.Charts;

/// <summary>One measured point of a curve, in the unit of the chart's y axis.</summary>
/// <param name="Length">Sequence length in tokens.</param>
/// <param name="Median">Median of the repetitions.</param>
/// <param name="Low">Lower end of the 95 % interval of the median.</param>
/// <param name="High">Upper end.</param>
/// <param name="Count">Repetitions behind it.</param>
public sealed record LengthMark(int Length, double Median, double Low, double High, int Count)
{
    /// <summary>Address of the run that measured it, or null when several did.</summary>
    public string? Href { get; init; }

    /// <summary>Whether the repetitions scatter more than the agent's noise limit.</summary>
    public bool IsNoisy { get; init; }

    /// <summary>Below five repetitions an interval says little; the marker is hollow.</summary>
    public bool IsSparse => Count < 5;
}

/// <summary>Why a curve ends.</summary>
/// <param name="Length">First length that failed.</param>
/// <param name="Glyph">OOM or T/O.</param>
/// <param name="Words">The same in words, for people who do not see the glyph.</param>
/// <param name="Href">Address of the failed run.</param>
public sealed record CurveEnd(int Length, string Glyph, string Words, string? Href = null);

/// <summary>Where a curve crosses the baseline's for the last time.</summary>
/// <param name="Length">Length in tokens, within the measured range.</param>
/// <param name="Low">Lower end of its 95 % interval.</param>
/// <param name="High">Upper end.</param>
public sealed record Crossover(double Length, double Low, double High);

/// <summary>One line of the chart.</summary>
public sealed record LengthSeries
{
    /// <summary>Implementation id, which is also the label.</summary>
    public required string Id { get; init; }

    /// <summary>Look.</summary>
    public required SeriesStyle Style { get; init; }

    /// <summary>Measured points, any order.</summary>
    public required IReadOnlyList<LengthMark> Points { get; init; }

    /// <summary>Whether the others are compared with this one.</summary>
    public bool IsBaseline { get; init; }

    /// <summary>Why it ends before the others, or null.</summary>
    public CurveEnd? End { get; init; }

    /// <summary>Crossover with the baseline, or null when there is none to draw.</summary>
    public Crossover? Crossover { get; init; }

    /// <summary>Address of the page about it.</summary>
    public string? Href { get; init; }
}

/// <summary>Everything that a chart over sequence length shows.</summary>
public sealed record LengthChartData
{
    /// <summary>Short id, unique on the page, letters and hyphens.</summary>
    public required string Id { get; init; }

    /// <summary>What is drawn, such as "Time of a forward pass by sequence length".</summary>
    public required string Title { get; init; }

    /// <summary>The finding in one sentence, with its key number.</summary>
    public required string Finding { get; init; }

    /// <summary>Name and unit of the y axis, such as <c>time, ms</c>.</summary>
    public required string AxisTitle { get; init; }

    /// <summary>Lines; hidden ones are left out and counted in <see cref="HiddenCount"/>.</summary>
    public required IReadOnlyList<LengthSeries> Series { get; init; }

    /// <summary>How a value is written in the data table, with its unit.</summary>
    public required Func<double, string> Format { get; init; }

    /// <summary>Spacing of the y axis.</summary>
    public AxisKind Kind { get; init; } = AxisKind.Log10;

    /// <summary>How ticks of the y axis are written; null for plain numbers.</summary>
    public Func<double, string>? TickLabel { get; init; }

    /// <summary>Which way is better, said on the axis.</summary>
    public string Direction { get; init; } = "lower is better";

    /// <summary>A horizontal line with a label, such as ratio 1; null for none.</summary>
    public (double Value, string Label)? Reference { get; init; }

    /// <summary>Whether to draw lines of slope 1 and 2 for comparison.</summary>
    public bool Guides { get; init; }

    /// <summary>Range of lengths to draw although no series covers it, so that small multiples share an axis.</summary>
    public (double Min, double Max)? Lengths { get; init; }

    /// <summary>Range of values to draw although no series covers it.</summary>
    public (double Min, double Max)? Values { get; init; }

    /// <summary>Series that exist but are not drawn.</summary>
    public int HiddenCount { get; init; }

    /// <summary>Name of the x axis.</summary>
    public string LengthTitle { get; init; } = "sequence length N, tokens (k = 1024)";
}
