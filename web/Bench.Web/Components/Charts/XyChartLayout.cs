namespace Bench.Web.Components.Charts;

/// <summary>Where everything of a general chart stands, for one size of the drawing.</summary>
public sealed class XyChartLayout
{
    /// <summary>More points than this are thinned to the extremes and the middle of each column of pixels.</summary>
    public const int MostPoints = 5_000;

    private const double LetterWidth = 7.1;
    private const double LabelHeight = 16;

    private XyChartLayout(XyChartData data, ChartSize size)
    {
        Data = data;
        Size = size;
        var (width, height) = size switch
        {
            ChartSize.Small => (360.0, 280.0),
            ChartSize.Medium => (640.0, 380.0),
            _ => (1000.0, 520.0),
        };
        var atEdge = data.Names && size != ChartSize.Small && data.Series.Any(series => series.Joined);
        var letters = Math.Min(24, data.Series.Select(series => series.Id.Length).DefaultIfEmpty(0).Max());
        Frame = new PlotFrame(width, height, 56, 34, atEdge ? letters * LetterWidth + 22 : 14, 46);

        var points = data.Series.SelectMany(series => series.Points).ToList();
        X = AxisScale.Fit(data.X.Kind, Values(data.X, points.Select(point => (point.X, point.XInterval))), Frame.Left, Frame.X1, 0.04);
        Y = AxisScale.Fit(
            data.Y.Kind,
            Values(data.Y, points.Select(point => (point.Y, point.YInterval))).Concat(data.Bands.SelectMany(band => new[] { band.Low, band.High })),
            Frame.Y1, Frame.Top, 0.06);
        XTicks = X.Ticks(Math.Max(3, (int)((Frame.X1 - Frame.Left) / 70)), data.X.Format);
        YTicks = Y.Ticks(Math.Max(3, (int)((Frame.Y1 - Frame.Top) / 40)), data.Y.Format);
        Series = [.. data.Series.Where(series => series.Points.Count > 0).OrderBy(series => series.IsBaseline).Select(Place)];
        IsThinned = points.Count > MostPoints;
        Labels = !data.Names ? [] : atEdge ? EdgeLabels(letters) : PointLabels();
        Guides = [.. data.Guides.Select(guide => (guide.Name, (IReadOnlyList<(double X, double Y)>)[.. guide.Points.Select(corner => (X.Map(corner.X), Y.Map(corner.Y)))]))];
    }

    /// <summary>What is drawn.</summary>
    public XyChartData Data { get; }

    /// <summary>For which width.</summary>
    public ChartSize Size { get; }

    /// <summary>Drawing and data rectangle.</summary>
    public PlotFrame Frame { get; }

    /// <summary>Horizontal scale.</summary>
    public AxisScale X { get; }

    /// <summary>Vertical scale.</summary>
    public AxisScale Y { get; }

    /// <summary>Ticks of the horizontal axis.</summary>
    public IReadOnlyList<Tick> XTicks { get; }

    /// <summary>Ticks of the vertical axis.</summary>
    public IReadOnlyList<Tick> YTicks { get; }

    /// <summary>Series with their places, the baseline last.</summary>
    public IReadOnlyList<PlacedSeries> Series { get; }

    /// <summary>Names beside points or lines.</summary>
    public IReadOnlyList<PlacedName> Labels { get; }

    /// <summary>Lines that are not data, in SVG units.</summary>
    public IReadOnlyList<(string Name, IReadOnlyList<(double X, double Y)> Points)> Guides { get; }

    /// <summary>Whether points were left out because there are too many.</summary>
    public bool IsThinned { get; }

    /// <summary>Computes the layout.</summary>
    public static XyChartLayout Of(XyChartData data, ChartSize size) => new(data, size);

    private static IEnumerable<double> Values(ChartAxis axis, IEnumerable<(double Value, (double Low, double High)? Interval)> points)
    {
        var shown = points.SelectMany(point => point.Interval is { } interval
            ? new[] { point.Value, interval.High, axis.Kind == AxisKind.Linear || interval.Low > 0 ? interval.Low : point.Value }
            : [point.Value]);
        return axis.Range is { } range ? shown.Append(range.Min).Append(range.Max) : shown;
    }

    private PlacedSeries Place(XySeries series)
    {
        IEnumerable<XyPoint> points = series.Points;
        if (series.Points.Count > MostPoints)
        {
            points = series.Points.GroupBy(point => Math.Round(X.Map(point.X))).SelectMany(column =>
            {
                var sorted = column.OrderBy(point => point.Y).ToList();
                return new[] { sorted[0], sorted[sorted.Count / 2], sorted[^1] }.Distinct();
            });
        }

        return new PlacedSeries(series, [.. points.Select(point => new PlacedXy(
            point, X.Map(point.X), Y.Map(point.Y), Ends(X, point.XInterval, Frame.Left, Frame.X1), Ends(Y, point.YInterval, Frame.Y1, Frame.Top)))]);
    }

    /// <summary>Both ends of an interval inside the data rectangle; one that a logarithmic axis cannot show is drawn to its edge.</summary>
    private static (double Low, double High)? Ends(AxisScale scale, (double Low, double High)? interval, double lowEdge, double highEdge)
    {
        if (interval is not { } ends)
        {
            return null;
        }

        double At(double value) => scale.Kind != AxisKind.Linear && value <= 0
            ? lowEdge
            : Math.Clamp(scale.Map(value), Math.Min(lowEdge, highEdge), Math.Max(lowEdge, highEdge));
        return (At(ends.Low), At(ends.High));
    }

    private List<PlacedName> EdgeLabels(int letters)
    {
        var named = Series.Where(series => series.Series.Joined).OrderByDescending(series => series.Series.IsBaseline)
            .Take((int)((Frame.Y1 - Frame.Top) / LabelHeight) + 1).ToList();
        var places = LabelColumn.Spread([.. named.Select(series => series.Points[^1].Y)], LabelHeight, Frame.Top, Frame.Y1);
        return [.. named.Select((series, index) => new PlacedName(
            series.Series, LengthChartLayout.Shorten(series.Series.Id, letters), Frame.X1 + 18, places[index], "start", (series.Points[^1].X, series.Points[^1].Y)))];
    }

    /// <summary>Names beside single points, where one of four places is free; the table has those that found none.</summary>
    private List<PlacedName> PointLabels()
    {
        var taken = Series.SelectMany(series => series.Points).Select(point => new Box(point.X - 6, point.Y - 6, point.X + 6, point.Y + 6)).ToList();
        var inside = new Box(Frame.Left, Frame.Top, Frame.X1 + 10, Frame.Y1);
        var labels = new List<PlacedName>();
        foreach (var series in Series.OrderByDescending(series => series.Series.IsBaseline).ThenBy(series => series.Points[0].Point.IsDimmed))
        {
            var point = series.Points[0];
            var text = LengthChartLayout.Shorten(series.Series.Id, 26);
            var width = text.Length * LetterWidth;
            (double X, double Y, string Anchor, Box Box)[] places =
            [
                (point.X + 10, point.Y + 4, "start", new Box(point.X + 8, point.Y - 8, point.X + 10 + width, point.Y + 8)),
                (point.X - 10, point.Y + 4, "end", new Box(point.X - 10 - width, point.Y - 8, point.X - 8, point.Y + 8)),
                (point.X, point.Y - 10, "middle", new Box(point.X - width / 2, point.Y - 23, point.X + width / 2, point.Y - 7)),
                (point.X, point.Y + 19, "middle", new Box(point.X - width / 2, point.Y + 7, point.X + width / 2, point.Y + 23)),
            ];
            var free = places.FirstOrDefault(place => inside.Holds(place.Box) && !taken.Any(place.Box.Touches));
            if (free.Anchor is not null)
            {
                taken.Add(free.Box);
                labels.Add(new PlacedName(series.Series, text, free.X, free.Y - 4, free.Anchor, null));
            }
        }

        return labels;
    }

    private readonly record struct Box(double X0, double Y0, double X1, double Y1)
    {
        public bool Touches(Box other) => X0 < other.X1 && other.X0 < X1 && Y0 < other.Y1 && other.Y0 < Y1;

        public bool Holds(Box other) => other.X0 >= X0 && other.X1 <= X1 && other.Y0 >= Y0 && other.Y1 <= Y1;
    }
}

/// <summary>A point with its interval ends, in SVG units.</summary>
public sealed record PlacedXy(XyPoint Point, double X, double Y, (double Low, double High)? XEnds, (double Low, double High)? YEnds);

/// <summary>A series with its places.</summary>
public sealed record PlacedSeries(XySeries Series, IReadOnlyList<PlacedXy> Points);

/// <summary>A name and, at the right edge, the end of the line that it belongs to.</summary>
public sealed record PlacedName(XySeries Series, string Text, double X, double Y, string Anchor, (double X, double Y)? Line);
