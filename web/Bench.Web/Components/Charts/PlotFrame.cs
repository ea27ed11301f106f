using System.Globalization;

namespace Bench.Web.Components.Charts;

/// <summary>The size of a drawing and the rectangle in it where data is drawn, in SVG units that equal CSS pixels at full size.</summary>
public sealed record PlotFrame(double Width, double Height, double Left, double Top, double Right, double Bottom)
{
    /// <summary>Right edge of the data rectangle.</summary>
    public double X1 => Width - Right;

    /// <summary>Lower edge of the data rectangle.</summary>
    public double Y1 => Height - Bottom;

    /// <summary>Writes a coordinate: two decimals, invariant culture.</summary>
    public static string N(double value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>An SVG path through the points.</summary>
    public static string Path(IEnumerable<(double X, double Y)> points) =>
        string.Concat(points.Select((point, index) => $"{(index == 0 ? "M" : "L")}{N(point.X)} {N(point.Y)}"));
}
