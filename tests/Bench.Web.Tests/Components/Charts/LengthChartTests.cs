using System.Globalization;
using System.Text.RegularExpressions;
using AngleSharp.Dom;
using Bench.Web.Components.Charts;
using Bench.Web.Components.Format;
using Bunit;

namespace Bench.Web.Tests.Components.Charts;

public sealed partial class LengthChartTests : BunitContext
{
    [Fact]
    public void A_point_of_a_quarter_of_the_range_stands_at_a_quarter_of_the_axis()
    {
        var chart = Chart(Data(Series("softmax/fused", (256, 1), (1024, 10), (65536, 10_000))));
        var (x, y) = (Marks(chart).Select(mark => mark.X).ToList(), Marks(chart).Select(mark => mark.Y).ToList());

        Assert.Equal(0.25, (x[1] - x[0]) / (x[2] - x[0]), 3);
        Assert.Equal(0.25, (y[0] - y[1]) / (y[0] - y[2]), 3);
    }

    [Fact]
    public void Lines_join_measured_points_and_nothing_else()
    {
        var chart = Chart(Data(Series("softmax/fused", (256, 1), (512, 4), (1024, 16)), Series("gla/fused", (512, 3), (1024, 6))));

        foreach (var series in chart.QuerySelectorAll("g.series"))
        {
            var marks = series.QuerySelectorAll(".mark").Select(Translation).ToList();
            Assert.Equal(marks, Points(series.QuerySelector(".line")!.GetAttribute("d")!));
        }
    }

    [Fact]
    public void A_whisker_whose_lower_end_is_below_zero_stops_at_the_axis()
    {
        var series = Series("gla/fused", (256, 1), (512, 2)) with
        {
            Points = [new LengthMark(256, 1, -0.5, 2, 30), new LengthMark(512, 2, 1.9, 2.1, 30)],
        };
        var chart = Chart(Data(series));
        var floor = double.Parse(chart.GetAttribute("data-y1")!, CultureInfo.InvariantCulture);

        foreach (var whisker in chart.QuerySelectorAll(".whisker"))
        {
            Assert.All(Vertical(whisker.GetAttribute("d")!), y => Assert.InRange(y, 0, floor));
        }

        Assert.Equal(floor, Vertical(chart.QuerySelector(".whisker")!.GetAttribute("d")!).Max());
    }

    [Fact]
    public void Names_at_the_right_edge_do_not_overlap_with_sixteen_equal_curves()
    {
        var chart = Chart(Data([.. Enumerable.Range(0, 16).Select(index => Series($"mechanism-{index}/naive", (256, 1), (512, 1.001 + index * 1e-4)))]));
        var places = chart.QuerySelectorAll(".end-label text").Select(text => Number(text, "y")).Order().ToList();

        Assert.Equal(16, places.Count);
        Assert.All(places.Zip(places.Skip(1)), pair => Assert.True(pair.Second - pair.First >= LengthChartLayout.LabelHeight - 0.011));
    }

    [Fact]
    public void Sixty_curves_name_as_many_as_fit_and_list_all_in_the_data()
    {
        var rendered = Render<LengthChart>(p => p.Add(c => c.Data, Data([.. Enumerable.Range(0, 60).Select(index => Series($"mechanism-{index}/naive", (256, 1 + index), (512, 2 + index)))])));
        var large = rendered.Find("svg.plot-large");
        var places = large.QuerySelectorAll(".end-label text").Select(text => Number(text, "y")).Order().ToList();

        Assert.All(places.Zip(places.Skip(1)), pair => Assert.True(pair.Second - pair.First >= LengthChartLayout.LabelHeight - 0.1));
        Assert.Equal(120, rendered.FindAll("table[data-points] tbody tr").Count);
    }

    [Fact]
    public void A_name_of_forty_letters_is_shortened_in_the_middle_and_ends_inside_the_drawing()
    {
        const string name = "gated-delta-rule/chunked-triangular-solve";
        var chart = Chart(Data(Series(name, (256, 1), (512, 2))));
        var label = chart.QuerySelector(".end-label text")!;

        Assert.Contains('…', label.TextContent);
        Assert.StartsWith("gated", label.TextContent, StringComparison.Ordinal);
        Assert.EndsWith("solve", label.TextContent, StringComparison.Ordinal);
        Assert.True(Number(label, "x") + label.TextContent.Length * 7.1 <= 1000);
    }

    [Fact]
    public void A_curve_that_ran_out_of_memory_ends_with_a_cross_at_the_top_and_no_line_to_it()
    {
        var series = Series("softmax/naive", (256, 1), (512, 4)) with { End = new CurveEnd(1024, "OOM", "out of memory") };
        var chart = Chart(Data(Series("softmax/fused", (256, 1), (1024, 8)), series));
        var top = double.Parse(chart.GetAttribute("data-y0")!, CultureInfo.InvariantCulture);

        var cross = Assert.Single(chart.QuerySelectorAll(".end"));
        Assert.Equal("OOM", cross.QuerySelector("text")!.TextContent);
        Assert.InRange(Translation(cross.QuerySelector("path")!).Y, top, top + 12);
        Assert.Equal(2, Points(chart.QuerySelector("[data-series='softmax/naive'] .line")!.GetAttribute("d")!).Count);
    }

    [Fact]
    public void Crosses_at_one_length_do_not_cover_each_other()
    {
        var end = new CurveEnd(1024, "OOM", "out of memory");
        var chart = Chart(Data(Series("a/x", (256, 1), (512, 4)) with { End = end }, Series("b/x", (256, 2), (512, 3)) with { End = end }));

        Assert.Equal(2, chart.QuerySelectorAll(".end path").Select(Translation).Distinct().Count());
    }

    [Fact]
    public void A_crossover_lies_on_its_own_curve_and_its_bar_never_leaves_the_measured_lengths()
    {
        var series = Series("gla/fused", (256, 4), (1024, 16)) with { Crossover = new Crossover(512, 100, 4000) };
        var chart = Chart(Data(Series("softmax/fused", (256, 2), (1024, 32)), series));
        var marks = chart.QuerySelectorAll("[data-series='gla/fused'] .mark").Select(Translation).ToList();

        var diamond = Translation(chart.QuerySelector(".crossing")!);
        Assert.Equal((marks[0].X + marks[1].X) / 2, diamond.X, 0.02);
        Assert.Equal((marks[0].Y + marks[1].Y) / 2, diamond.Y, 0.02);
        var bar = chart.QuerySelector(".crossing-bar")!.GetAttribute("d")!;
        Assert.Equal(marks[0].X, double.Parse(Bar().Match(bar).Groups[1].Value, CultureInfo.InvariantCulture), 0.02);
        Assert.Equal(marks[1].X, double.Parse(Bar().Match(bar).Groups[2].Value, CultureInfo.InvariantCulture), 0.02);
    }

    [Fact]
    public void Fewer_than_five_repetitions_make_a_hollow_marker()
    {
        var series = Series("gla/fused", (256, 1), (512, 2)) with { Points = [new LengthMark(256, 1, 0.9, 1.1, 4), new LengthMark(512, 2, 1.9, 2.1, 5)] };

        var hollow = Assert.Single(Chart(Data(series)).QuerySelectorAll(".mark.hollow"));
        Assert.Equal("256", hollow.GetAttribute("data-n"));
    }

    [Fact]
    public void The_baseline_is_drawn_last_and_thick()
    {
        var chart = Chart(Data(Series("softmax/fused", (256, 1), (512, 2)) with { IsBaseline = true }, Series("gla/fused", (256, 1), (512, 2))));

        var last = chart.QuerySelectorAll("g.series")[^1];
        Assert.Equal("softmax/fused", last.GetAttribute("data-series"));
        Assert.NotNull(last.QuerySelector(".line.baseline"));
    }

    [Fact]
    public void Slope_guides_rise_by_one_and_two_decades_per_decade()
    {
        var data = Data(Series("softmax/fused", (256, 0.1), (65536, 1000))) with { Guides = true };
        var layout = LengthChartLayout.Of(data, ChartSize.Large);
        double Slope(PlacedGuide guide) =>
            (guide.Y0 - guide.Y1) / (layout.Y.From - layout.Y.To) * Math.Log(layout.Y.Max / layout.Y.Min)
            / ((guide.X1 - guide.X0) / (layout.X.To - layout.X.From) * Math.Log(layout.X.Max / layout.X.Min));

        Assert.Equal(["linear", "quadratic"], layout.Guides.Select(guide => guide.Name));
        Assert.Equal(1, Slope(layout.Guides[0]), 6);
        Assert.Equal(2, Slope(layout.Guides[1]), 6);
    }

    [Fact]
    public void The_drawing_says_what_it_shows_and_what_it_found()
    {
        var chart = Chart(Data(Series("softmax/fused", (256, 1), (512, 2))));

        Assert.Equal("img", chart.GetAttribute("role"));
        var ids = chart.GetAttribute("aria-labelledby")!.Split(' ');
        Assert.Equal("Time by length", chart.QuerySelector($"#{ids[0]}")!.TextContent);
        Assert.Equal("softmax/fused is alone.", chart.QuerySelector($"#{ids[1]}")!.TextContent);
    }

    [Fact]
    public void The_table_behind_the_chart_has_every_number()
    {
        var series = Series("gla/fused", (512, 2)) with { Points = [new LengthMark(512, 2, 1.9, 2.1, 30) { Href = "/runs/run_1" }] };
        var rendered = Render<LengthChart>(p => p.Add(c => c.Data, Data(Series("softmax/fused", (512, 4)) with { IsBaseline = true }, series)));

        var cells = rendered.Find("tr[data-series='gla/fused']").Children.Select(cell => cell.TextContent.Trim()).ToList();
        Assert.Equal(["gla/fused", "512", "2.00 ms", "1.90 ms – 2.10 ms", "30", "0.500×", "run"], cells);
    }

    private static LengthSeries Series(string id, params (int Length, double Value)[] points) => new()
    {
        Id = id,
        Style = new SeriesStyle(1, MarkerShape.Circle, 0),
        Points = [.. points.Select(point => new LengthMark(point.Length, point.Value, point.Value * 0.9, point.Value * 1.1, 30))],
    };

    private static LengthChartData Data(params LengthSeries[] series) => new()
    {
        Id = "time",
        Title = "Time by length",
        Finding = "softmax/fused is alone.",
        AxisTitle = "time, ms",
        Series = series,
        Format = Show.Milliseconds,
    };

    private IElement Chart(LengthChartData data) => Render<LengthChart>(p => p.Add(chart => chart.Data, data)).Find("svg.plot-large");

    private static IEnumerable<(double X, double Y)> Marks(IElement chart) => chart.QuerySelectorAll(".mark").Select(Translation);

    private static (double X, double Y) Translation(IElement element)
    {
        var numbers = Numbers().Matches(element.GetAttribute("transform")!).Select(match => double.Parse(match.Value, CultureInfo.InvariantCulture)).ToList();
        return (numbers[0], numbers[1]);
    }

    private static List<(double X, double Y)> Points(string path) => [.. path.Split(['M', 'L'], StringSplitOptions.RemoveEmptyEntries).Select(pair =>
    {
        var numbers = pair.Split(' ').Select(text => double.Parse(text, CultureInfo.InvariantCulture)).ToList();
        return (numbers[0], numbers[1]);
    })];

    private static IEnumerable<double> Vertical(string path)
    {
        var match = Whisker().Match(path);
        return [double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture)];
    }

    private static double Number(IElement element, string attribute) => double.Parse(element.GetAttribute(attribute)!, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"-?\d+(\.\d+)?")]
    private static partial Regex Numbers();

    [GeneratedRegex(@"^M[\d.]+ ([\d.]+)V([\d.]+)")]
    private static partial Regex Whisker();

    [GeneratedRegex(@"^M([\d.]+) [\d.]+H([\d.]+)")]
    private static partial Regex Bar();
}
