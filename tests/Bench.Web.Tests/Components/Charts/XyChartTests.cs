using Bench.Web.Components.Charts;
using Bench.Web.Components.Format;
using Bunit;

namespace Bench.Web.Tests.Components.Charts;

public sealed class XyChartTests : BunitContext
{
    [Fact]
    public void Point_names_cover_neither_each_other_nor_a_marker()
    {
        var random = new Random(5);
        var data = Data([.. Enumerable.Range(0, 24).Select(index => Series($"mechanism-{index}/naive", (1 + random.NextDouble() * 10, random.NextDouble())))]);
        var layout = XyChartLayout.Of(data, ChartSize.Large);
        var marks = layout.Series.SelectMany(series => series.Points).Select(point => (X0: point.X - 4, Y0: point.Y - 4, X1: point.X + 4, Y1: point.Y + 4)).ToList();
        var names = layout.Labels.Select(Box).ToList();

        Assert.NotEmpty(names);
        Assert.All(names.SelectMany((name, index) => names.Skip(index + 1).Concat(marks).Select(other => (name, other))), pair => Assert.False(Overlap(pair.name, pair.other)));
    }

    [Fact]
    public void A_point_that_others_beat_is_pale_but_still_there()
    {
        var dimmed = Series("b/x", (2, 1)) with { Points = [new XyPoint(2, 1) { IsDimmed = true }] };
        var chart = Render<XyChart>(p => p.Add(c => c.Data, Data(Series("a/x", (1, 2)), dimmed))).Find("svg.plot-large");

        Assert.Equal(2, chart.QuerySelectorAll(".mark").Length);
        Assert.Equal("b/x", Assert.Single(chart.QuerySelectorAll(".mark.dim")).ParentElement!.GetAttribute("data-series"));
    }

    [Fact]
    public void An_interval_that_reaches_zero_ends_at_the_edge_of_a_logarithmic_axis()
    {
        var data = Data(Series("a/x", (10, 1), (100, 1))) with { X = new ChartAxis("state, B", AxisKind.Log10, Show.Bytes) };
        data = data with { Series = [data.Series[0] with { Points = [new XyPoint(10, 1) { XInterval = (-5, 12) }, new XyPoint(100, 2)] }] };
        var layout = XyChartLayout.Of(data, ChartSize.Large);

        Assert.Equal(layout.Frame.Left, layout.Series[0].Points[0].XEnds!.Value.Low);
    }

    [Fact]
    public void A_change_is_drawn_where_it_happened_and_says_how_much()
    {
        var data = Data(Series("a/x", (0, 1), (10, 2)) with { Joined = true }) with { Changes = [new ChangeMark(5, "+4.1 %", "slower by 4.1 % since build 5")] };
        var chart = Render<XyChart>(p => p.Add(c => c.Data, data)).Find("svg.plot-large");
        var layout = XyChartLayout.Of(data, ChartSize.Large);

        var mark = Assert.Single(chart.QuerySelectorAll(".change"));
        Assert.StartsWith($"M{PlotFrame.N(layout.X.Map(5))} ", mark.QuerySelector("path")!.GetAttribute("d")!, StringComparison.Ordinal);
        Assert.Equal("slower by 4.1 % since build 5", mark.QuerySelector("title")!.TextContent);
        Assert.Contains("+4.1 %", mark.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_many_points_are_thinned_to_the_extremes_of_each_column_and_the_reader_is_told()
    {
        var points = Enumerable.Range(0, 20_000).Select(index => ((double)index, index == 777 ? 100.0 : index % 7)).ToArray();
        var rendered = Render<XyChart>(p => p.Add(c => c.Data, Data(Series("a/x", points))).Add(c => c.Table, false));
        var layout = XyChartLayout.Of(Data(Series("a/x", points)), ChartSize.Large);

        Assert.True(layout.IsThinned);
        Assert.InRange(layout.Series[0].Points.Count, 100, 3_100);
        Assert.Contains(layout.Series[0].Points, point => point.Point.Y == 100);
        Assert.Contains("More than 5000 points", rendered.Markup, StringComparison.Ordinal);
    }

    private static (double X0, double Y0, double X1, double Y1) Box(PlacedName name)
    {
        var width = name.Text.Length * 7.0;
        var left = name.Anchor switch { "start" => name.X, "end" => name.X - width, _ => name.X - width / 2 };
        return (left, name.Y - 7, left + width, name.Y + 7);
    }

    private static bool Overlap((double X0, double Y0, double X1, double Y1) a, (double X0, double Y0, double X1, double Y1) b) =>
        a.X0 < b.X1 && b.X0 < a.X1 && a.Y0 < b.Y1 && b.Y0 < a.Y1;

    private static XySeries Series(string id, params (double X, double Y)[] points) => new()
    {
        Id = id,
        Style = new SeriesStyle(1, MarkerShape.Circle, 0),
        Points = [.. points.Select(point => new XyPoint(point.X, point.Y))],
    };

    private static XyChartData Data(params XySeries[] series) => new()
    {
        Id = "xy",
        Title = "Recall against state",
        Finding = "a/x is best.",
        X = new ChartAxis("state", AxisKind.Linear, Show.Short),
        Y = new ChartAxis("recall", AxisKind.Linear, Show.Short, "higher is better"),
        Series = series,
    };
}
