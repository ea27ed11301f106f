namespace Bench.Web.Components.Charts;

/// <summary>One row of a heat map.</summary>
/// <param name="Name">Implementation id.</param>
/// <param name="Href">Address of the page about it.</param>
/// <param name="Cells">One entry for each column.</param>
public sealed record HeatRow(string Name, string Href, IReadOnlyList<HeatCell> Cells)
{
    /// <summary>Look of the series on charts beside the table.</summary>
    public SeriesStyle? Style { get; init; }

    /// <summary>Text beside the bar, such as the state size.</summary>
    public string Side { get; init; } = "";

    /// <summary>Length of the bar, from 0 to 1.</summary>
    public double SideShare { get; init; }

    /// <summary>Text of the last column, such as the effective length.</summary>
    public string End { get; init; } = "";
}

/// <summary>One cell of a heat map.</summary>
public sealed record HeatCell
{
    /// <summary>The score as a fraction; null when there is none.</summary>
    public double? Value { get; init; }

    /// <summary>Half width of the interval as text, such as <c>±1.0</c>; empty with one seed.</summary>
    public string Spread { get; init; } = "";

    /// <summary>Small text below the value, such as how many seeds solve the task.</summary>
    public string Note { get; init; } = "";

    /// <summary>Full precision, seeds and interval.</summary>
    public string Detail { get; init; } = "";

    /// <summary>Address of the run or of the seeds.</summary>
    public string? Href { get; init; }

    /// <summary>Whether it is best in its column or statistically tied with the best.</summary>
    public bool IsBest { get; init; }

    /// <summary>Why there is no score: n/m, n/s, OOM, T/O, ERR, BAD.</summary>
    public string Glyph { get; init; } = "n/m";

    /// <summary>The glyph in words.</summary>
    public string Words { get; init; } = "not measured";
}
