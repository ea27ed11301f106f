namespace Bench.Web.Components.Charts;

/// <summary>Marker shapes in the order in which they are handed out.</summary>
public enum MarkerShape
{
    /// <summary>●</summary>
    Circle,

    /// <summary>■</summary>
    Square,

    /// <summary>▲</summary>
    Triangle,

    /// <summary>◆</summary>
    Diamond,

    /// <summary>＋, drawn thick</summary>
    Plus,

    /// <summary>✕, drawn thick</summary>
    Cross,

    /// <summary>★</summary>
    Star,

    /// <summary>⬢</summary>
    Hexagon,
}

/// <summary>The look of one series: never colour alone.</summary>
/// <param name="Colour">Index into the palette of the style sheet, 0 (the baseline's ink) to 7.</param>
/// <param name="Shape">Marker.</param>
/// <param name="Dash">0 solid, 1 long, 2 dotted, 3 long and dotted.</param>
public readonly record struct SeriesStyle(int Colour, MarkerShape Shape, int Dash)
{
    /// <summary>Colours in the palette.</summary>
    public const int ColourCount = 8;

    /// <summary>Marker shapes.</summary>
    public const int ShapeCount = 8;

    /// <summary>Dash patterns.</summary>
    public const int DashCount = 4;

    /// <summary>Class of the series colour; the style sheet sets <c>--c</c> for it in both themes.</summary>
    public string ColourClass => $"c{Colour}";

    /// <summary>SVG dash array, or null for a solid line.</summary>
    public string? DashArray => Dash switch { 1 => "6 3", 2 => "2 2", 3 => "8 2 2 2", _ => null };
}
