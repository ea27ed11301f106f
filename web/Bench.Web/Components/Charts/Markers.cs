namespace Bench.Web.Components.Charts;

/// <summary>Outlines of the marker shapes around the origin, about nine units across and of equal visual weight.</summary>
public static class Markers
{
    /// <summary>The SVG path of a shape, closed, so that it can be filled or hollow.</summary>
    public static string Path(MarkerShape shape) => shape switch
    {
        MarkerShape.Circle => "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0Z",
        MarkerShape.Square => "M-3.6-3.6h7.2v7.2h-7.2Z",
        MarkerShape.Triangle => "M0-4.9L4.6 3.3h-9.2Z",
        MarkerShape.Diamond => "M0-5L5 0L0 5L-5 0Z",
        MarkerShape.Plus => "M-1.5-4.7h3v3.2h3.2v3h-3.2v3.2h-3v-3.2h-3.2v-3h3.2Z",
        MarkerShape.Cross => "M-4.4-2.3L-2.3-4.4L0-2.1L2.3-4.4L4.4-2.3L2.1 0L4.4 2.3L2.3 4.4L0 2.1L-2.3 4.4L-4.4 2.3L-2.1 0Z",
        MarkerShape.Star => "M0-5.4L1.5-1.8L5.2-1.6L2.3 .8L3.3 4.5L0 2.4L-3.3 4.5L-2.3 .8L-5.2-1.6L-1.5-1.8Z",
        MarkerShape.Hexagon => "M-4.7 0L-2.4-4.1h4.8L4.7 0L2.4 4.1h-4.8Z",
        _ => throw new ArgumentOutOfRangeException(nameof(shape), shape, "There are eight shapes."),
    };
}
