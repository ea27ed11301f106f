using Bench.Domain.Analysis;
using Bench.Domain.Results;
using Bench.Web.Components.Charts;
using Bench.Web.Components.Format;

namespace Bench.Web.Features.Compare;

/// <summary>A comparison in words and as a drawing.</summary>
internal static class ComparisonWords
{
    /// <summary>A verdict as the site says it; "no significant difference" is never called "same".</summary>
    public static string Of(Verdict verdict, ComparisonView view) => (verdict, view.Filter.Metric) switch
    {
        (Verdict.Better, "timeMs") => "faster",
        (Verdict.Worse, "timeMs") => "slower",
        (Verdict.Better, "peakMemoryBytes" or "stateSizeBytes") => "smaller",
        (Verdict.Worse, "peakMemoryBytes" or "stateSizeBytes") => "larger",
        (Verdict.Better, _) => "better",
        (Verdict.Worse, _) => "worse",
        (Verdict.Same, _) => $"same within ±{Show.Percent(view.Tolerance)} %",
        (Verdict.TooFewRepetitions, _) => "too few repetitions to decide",
        _ => "undecided",
    };

    /// <summary>What the comparison found, with its key numbers.</summary>
    public static string Sentence(ComparisonView view)
    {
        if (view.Mean is not { } mean)
        {
            return $"None of {Show.Count(view.Unpaired.Count)} cells can be compared.";
        }

        var (better, worse) = (view.Count(Verdict.Better), view.Count(Verdict.Worse));
        return $"B is {Of(Verdict.Better, view)} in {better} and {Of(Verdict.Worse, view)} in {worse} of {Show.Count(view.Pairs.Count)} {(view.Pairs.Count == 1 ? "cell" : "cells")}; "
            + $"over all of them B has {Show.Ratio(mean.Value)} the {Title(view)} of A (95 % interval {Show.Significant(mean.Lower)}–{Show.Significant(mean.Upper)}).";
    }

    /// <summary>Name of the metric in a sentence.</summary>
    public static string Title(ComparisonView view) => Runs.RunCharts.Title(view.Filter.Metric ?? "").ToLowerInvariant();

    /// <summary>A median with its unit.</summary>
    public static string Value(ComparisonView view, double value) =>
        view.Filter.Metric == Metric.Accuracy.Name ? Show.Percent(value) + " %" : Show.Quantity(value, view.Unit);

    /// <summary>A p value that is never written as zero.</summary>
    public static string P(double p) => p < 1e-4 ? "< 0.0001" : Show.Significant(p, 2);

    /// <summary>A against B with the diagonal and the band that does not matter.</summary>
    public static XyChartData Scatter(ComparisonView view)
    {
        var values = view.Pairs.SelectMany(pair => new[] { pair.MedianA, pair.MedianB }).ToList();
        var (low, high) = (values.Min(), values.Max());
        var log = view.Filter.Metric != Metric.Accuracy.Name;
        string Format(double value) => Value(view, value);
        ChartAxis Axis(string side) => new($"{side}: {Title(view)}", log ? AxisKind.Log10 : AxisKind.Linear, Format, view.Better == Better.Lower ? "lower is better" : "higher is better") { Range = (low, high) };
        var shown = new[]
        {
            (Word: Of(Verdict.Better, view), Style: new SeriesStyle(3, MarkerShape.Triangle, 0), Pairs: Where(Verdict.Better)),
            (Word: Of(Verdict.Worse, view), Style: new SeriesStyle(7, MarkerShape.Square, 0), Pairs: Where(Verdict.Worse)),
            (Word: "neither is shown", Style: new SeriesStyle(0, MarkerShape.Circle, 0), Pairs: Where(Verdict.Same, Verdict.Undecided, Verdict.TooFewRepetitions)),
        };
        return new XyChartData
        {
            Id = "scatter",
            Title = $"{Runs.RunCharts.Title(view.Filter.Metric ?? "")} of A against B",
            Finding = Sentence(view),
            X = Axis("A"),
            Y = Axis("B"),
            Names = false,
            Legend = true,
            Guides =
            [
                new GuideLine("A = B", [(low, low), (high, high)]),
                .. view.Tolerance > 0.02 ? new[] { new GuideLine("", [(low, low * (1 + view.Tolerance)), (high, high * (1 + view.Tolerance))]), new GuideLine("", [(low, low * (1 - view.Tolerance)), (high, high * (1 - view.Tolerance))]) } : [],
            ],
            Series = [.. shown.Where(group => group.Pairs.Count > 0).Select(group => new XySeries
            {
                Id = group.Word,
                Style = group.Style,
                Points = [.. group.Pairs.Select(pair => new XyPoint(pair.MedianA, pair.MedianB) { Name = pair.Cell, Href = $"/runs/{pair.RunB}?with={pair.RunA}", IsHollow = Math.Min(pair.CountA, pair.CountB) < 5 })],
            })],
        };

        List<ComparedPair> Where(params Verdict[] verdicts) => [.. view.Pairs.Where(pair => verdicts.Contains(pair.Verdict))];
    }
}
