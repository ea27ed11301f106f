namespace Bench.Web.Components.Charts;

/// <summary>One axis of a general chart.</summary>
/// <param name="Title">Name and unit.</param>
/// <param name="Kind">Spacing.</param>
/// <param name="Format">How a value is written in the table and at ticks.</param>
/// <param name="Direction">Which way is better; empty where that has no meaning.</param>
public sealed record ChartAxis(string Title, AxisKind Kind, Func<double, string> Format, string Direction = "")
{
    /// <summary>Range to draw although no point covers it.</summary>
    public (double Min, double Max)? Range { get; init; }
}

/// <summary>One point of a general chart.</summary>
/// <param name="X">Horizontal value.</param>
/// <param name="Y">Vertical value.</param>
public sealed record XyPoint(double X, double Y)
{
    /// <summary>95 % interval of <see cref="X"/>.</summary>
    public (double Low, double High)? XInterval { get; init; }

    /// <summary>95 % interval of <see cref="Y"/>.</summary>
    public (double Low, double High)? YInterval { get; init; }

    /// <summary>What the point is called in the table; the series' id when empty.</summary>
    public string Name { get; init; } = "";

    /// <summary>Address of what it stands for.</summary>
    public string? Href { get; init; }

    /// <summary>Drawn pale, because others are better at both.</summary>
    public bool IsDimmed { get; init; }

    /// <summary>Drawn hollow: few repetitions, or an outlier.</summary>
    public bool IsHollow { get; init; }
}

/// <summary>Points that belong together.</summary>
public sealed record XySeries
{
    /// <summary>Name.</summary>
    public required string Id { get; init; }

    /// <summary>Look.</summary>
    public required SeriesStyle Style { get; init; }

    /// <summary>Points; lines join them in the order given.</summary>
    public required IReadOnlyList<XyPoint> Points { get; init; }

    /// <summary>Whether a line joins the points.</summary>
    public bool Joined { get; init; }

    /// <summary>Whether every point has a marker.</summary>
    public bool Marked { get; init; } = true;

    /// <summary>Whether others are compared with it.</summary>
    public bool IsBaseline { get; init; }
}

/// <summary>A line that is not data: a frontier, a diagonal, a threshold.</summary>
/// <param name="Name">Text beside it; empty for none.</param>
/// <param name="Points">Its corners in data units.</param>
public sealed record GuideLine(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>A horizontal range, such as the interval of a median.</summary>
/// <param name="Name">Text for the legend.</param>
/// <param name="Low">Lower edge.</param>
/// <param name="High">Upper edge.</param>
public sealed record ValueBand(string Name, double Low, double High);

/// <summary>A vertical mark where something changed.</summary>
/// <param name="X">Where.</param>
/// <param name="Text">What, such as <c>−4.1 %</c>.</param>
/// <param name="Words">The whole sentence.</param>
public sealed record ChangeMark(double X, string Text, string Words);

/// <summary>Everything that a general chart shows.</summary>
public sealed record XyChartData
{
    /// <summary>Short id, unique on the page.</summary>
    public required string Id { get; init; }

    /// <summary>What is drawn.</summary>
    public required string Title { get; init; }

    /// <summary>The finding in one sentence.</summary>
    public required string Finding { get; init; }

    /// <summary>Horizontal axis.</summary>
    public required ChartAxis X { get; init; }

    /// <summary>Vertical axis.</summary>
    public required ChartAxis Y { get; init; }

    /// <summary>Points and lines.</summary>
    public required IReadOnlyList<XySeries> Series { get; init; }

    /// <summary>Lines that are not data.</summary>
    public IReadOnlyList<GuideLine> Guides { get; init; } = [];

    /// <summary>Horizontal ranges.</summary>
    public IReadOnlyList<ValueBand> Bands { get; init; } = [];

    /// <summary>Vertical marks.</summary>
    public IReadOnlyList<ChangeMark> Changes { get; init; } = [];

    /// <summary>Whether names stand beside the series; otherwise the table has them.</summary>
    public bool Names { get; init; } = true;

    /// <summary>Whether a legend stands below at every width.</summary>
    public bool Legend { get; init; }
}
