namespace Bench.Web.Components.Charts;

/// <summary>Where everything of a chart over sequence length stands, for one size of the drawing.</summary>
public sealed class LengthChartLayout
{
    /// <summary>Height of a line of label text.</summary>
    public const double LabelHeight = 16;

    private const double LetterWidth = 7.1;

    private LengthChartLayout(LengthChartData data, ChartSize size)
    {
        Data = data;
        Size = size;
        HasEndLabels = size != ChartSize.Small && data.Series.Count > 0;
        Frame = Fit(data, size, HasEndLabels);

        var drawn = data.Series.SelectMany(series => series.Points).ToList();
        var lengths = drawn.Select(point => (double)point.Length)
            .Concat(data.Series.Where(series => series.End is not null).Select(series => (double)series.End!.Length));
        var values = drawn.SelectMany(point => Extent(data.Kind, point));
        X = AxisScale.Fit(AxisKind.Log2, With(lengths, data.Lengths), Frame.Left, Frame.X1, 0.04);
        Y = AxisScale.Fit(data.Kind, With(Also(values, data.Reference?.Value), data.Values), Frame.Y1, Frame.Top, 0.05);
        XTicks = X.Ticks(Math.Max(3, (int)((Frame.X1 - Frame.Left) / 44)));
        YTicks = Y.Ticks(Math.Max(3, (int)((Frame.Y1 - Frame.Top) / 30)), data.TickLabel);
        Lines = [.. data.Series.Where(series => series.Points.Count > 0).OrderBy(series => series.IsBaseline).Select(Line)];
        Ends = EndMarks();
        Labels = HasEndLabels ? EndLabels() : [];
        LengthTitle = size == ChartSize.Small ? data.LengthTitle.Split(", ")[0] : data.LengthTitle;
        Guides = data.Guides ? SlopeGuides() : [];
    }

    /// <summary>What is drawn.</summary>
    public LengthChartData Data { get; }

    /// <summary>For which width.</summary>
    public ChartSize Size { get; }

    /// <summary>Drawing and data rectangle.</summary>
    public PlotFrame Frame { get; }

    /// <summary>Sequence length to horizontal place.</summary>
    public AxisScale X { get; }

    /// <summary>Value to vertical place.</summary>
    public AxisScale Y { get; }

    /// <summary>Ticks of the length axis.</summary>
    public IReadOnlyList<Tick> XTicks { get; }

    /// <summary>Ticks of the value axis.</summary>
    public IReadOnlyList<Tick> YTicks { get; }

    /// <summary>Name of the length axis; without its explanation where there is little room.</summary>
    public string LengthTitle { get; }

    /// <summary>Curves, the baseline last so that it lies on top.</summary>
    public IReadOnlyList<PlacedLine> Lines { get; }

    /// <summary>Crosses of curves that ended early.</summary>
    public IReadOnlyList<PlacedEnd> Ends { get; }

    /// <summary>Names at the right edge.</summary>
    public IReadOnlyList<PlacedLabel> Labels { get; }

    /// <summary>Lines of slope 1 and 2.</summary>
    public IReadOnlyList<PlacedGuide> Guides { get; }

    /// <summary>Whether names stand at the right edge; a narrow drawing has a legend below instead.</summary>
    public bool HasEndLabels { get; }

    /// <summary>Computes the layout.</summary>
    /// <exception cref="ArgumentException">There is nothing to draw; the page shows its empty state then.</exception>
    public static LengthChartLayout Of(LengthChartData data, ChartSize size) => new(data, size);

    /// <summary>Shortens a label to the given number of letters, keeping both ends, where names differ.</summary>
    public static string Shorten(string label, int most) =>
        label.Length <= most ? label : $"{label[..((most - 1) / 2)]}…{label[^(most - 1 - (most - 1) / 2)..]}";

    private static PlotFrame Fit(LengthChartData data, ChartSize size, bool hasEndLabels)
    {
        var (width, height) = size switch
        {
            ChartSize.Small => (360.0, 340.0),
            ChartSize.Medium => (640.0, 420.0),
            _ => (1000.0, 600.0),
        };
        var letters = Math.Min(LabelLetters(size), data.Series.Select(series => series.Id.Length).DefaultIfEmpty(0).Max());
        return new PlotFrame(width, height, Left: 56, Top: 34, Right: hasEndLabels ? letters * LetterWidth + 22 : 12, Bottom: 46);
    }

    private static int LabelLetters(ChartSize size) => size == ChartSize.Large ? 28 : 20;

    /// <summary>What a point needs of the axis; a lower end that a logarithmic axis cannot show is drawn down to the axis.</summary>
    private static IEnumerable<double> Extent(AxisKind kind, LengthMark point) =>
        kind == AxisKind.Linear || point.Low > 0 ? [point.Low, point.Median, point.High] : [point.Median, point.High];

    private static IEnumerable<double> With(IEnumerable<double> values, (double Min, double Max)? range) =>
        range is { } wanted ? values.Append(wanted.Min).Append(wanted.Max) : values;

    private static IEnumerable<double> Also(IEnumerable<double> values, double? one) => one is { } value ? values.Append(value) : values;

    private PlacedLine Line(LengthSeries series)
    {
        var points = series.Points.OrderBy(point => point.Length)
            .Select(point => new PlacedPoint(point, X.Map(point.Length), Y.Map(point.Median), Place(point.Low), Place(point.High)))
            .ToList();
        return new PlacedLine(series, points, Crossing(series));
    }

    /// <summary>The vertical place of an interval's end, kept inside the data rectangle.</summary>
    private double Place(double value) => Data.Kind != AxisKind.Linear && value <= 0
        ? Frame.Y1
        : Math.Clamp(Y.Map(value), Frame.Top, Frame.Y1);

    private PlacedCrossing? Crossing(LengthSeries series)
    {
        if (series.Crossover is not { } crossover || series.Points.Count < 2)
        {
            return null;
        }

        var points = series.Points.OrderBy(point => point.Length).ToList();
        var index = points.FindIndex(point => point.Length >= crossover.Length);
        if (index < 0 || crossover.Length < points[0].Length)
        {
            return null;
        }

        var (left, right) = index == 0 ? (points[0], points[1]) : (points[index - 1], points[index]);
        var share = Math.Log(crossover.Length / left.Length) / Math.Log((double)right.Length / left.Length);
        var y = Y.Map(left.Median) + share * (Y.Map(right.Median) - Y.Map(left.Median));
        // Only what was measured is drawn: an interval that reaches the edge of the range ends there.
        return new PlacedCrossing(
            crossover,
            X.Map(crossover.Length),
            y,
            X.Map(Math.Clamp(crossover.Low, points[0].Length, points[^1].Length)),
            X.Map(Math.Clamp(crossover.High, points[0].Length, points[^1].Length)));
    }

    private List<PlacedEnd> EndMarks()
    {
        var perLength = new Dictionary<int, int>();
        var marks = new List<PlacedEnd>();
        foreach (var series in Data.Series.Where(series => series.End is not null))
        {
            var stacked = perLength.GetValueOrDefault(series.End!.Length);
            perLength[series.End.Length] = stacked + 1;
            marks.Add(new PlacedEnd(series, series.End, X.Map(series.End.Length), Frame.Top + 8 + stacked * LabelHeight));
        }

        return marks;
    }

    private List<PlacedLabel> EndLabels()
    {
        var capacity = (int)((Frame.Y1 - Frame.Top) / LabelHeight) + 1;
        var named = Lines.OrderByDescending(line => line.Series.IsBaseline).Take(capacity).ToList();
        var places = LabelColumn.Spread([.. named.Select(line => line.Points[^1].Y)], LabelHeight, Frame.Top, Frame.Y1);
        return [.. named.Select((line, index) =>
        {
            var end = line.Points[^1];
            return new PlacedLabel(line.Series, Shorten(line.Series.Id, LabelLetters(Size)), Frame.X1 + 18, places[index], end.X, end.Y);
        })];
    }

    /// <summary>Lines of slope 1 and 2 from the lower left, cut at the data rectangle.</summary>
    private List<PlacedGuide> SlopeGuides()
    {
        if (Data.Kind != AxisKind.Log10)
        {
            return [];
        }

        var (x0, y0) = (X.Min, Y.Min * Math.Pow(Y.Max / Y.Min, 0.04));
        return [.. new[] { (Power: 1, Name: "linear"), (Power: 2, Name: "quadratic") }.Select(guide =>
        {
            var reach = Math.Min(X.Max, x0 * Math.Pow(Y.Max / y0, 1.0 / guide.Power));
            var (x1, y1) = (X.Map(reach), Y.Map(y0 * Math.Pow(reach / x0, guide.Power)));
            // The label stands short of the end, where crosses of curves that ran out of memory may stand.
            return new PlacedGuide(guide.Name, X.Map(x0), Y.Map(y0), x1, y1, X.Map(x0) + 0.84 * (x1 - X.Map(x0)) - 8, Y.Map(y0) + 0.84 * (y1 - Y.Map(y0)));
        })];
    }
}

/// <summary>For which width of its column a chart is drawn; the style sheet shows the one that fits.</summary>
public enum ChartSize
{
    /// <summary>360 units wide: phones and small multiples.</summary>
    Small,

    /// <summary>640 units wide: tablets and half columns.</summary>
    Medium,

    /// <summary>1,000 units wide.</summary>
    Large,
}

/// <summary>A point with its marker and whisker.</summary>
public sealed record PlacedPoint(LengthMark Point, double X, double Y, double LowY, double HighY);

/// <summary>A crossover with its interval bar.</summary>
public sealed record PlacedCrossing(Crossover Crossover, double X, double Y, double LowX, double HighX);

/// <summary>A curve.</summary>
public sealed record PlacedLine(LengthSeries Series, IReadOnlyList<PlacedPoint> Points, PlacedCrossing? Crossing);

/// <summary>A cross at the top edge.</summary>
public sealed record PlacedEnd(LengthSeries Series, CurveEnd End, double X, double Y);

/// <summary>A name at the right edge and the end of the curve that it belongs to.</summary>
public sealed record PlacedLabel(LengthSeries Series, string Text, double X, double Y, double AnchorX, double AnchorY);

/// <summary>A line of known slope.</summary>
public sealed record PlacedGuide(string Name, double X0, double Y0, double X1, double Y1, double LabelX, double LabelY);
