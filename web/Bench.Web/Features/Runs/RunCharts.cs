using System.Globalization;
using Bench.Domain.Analysis;
using Bench.Domain.Results;
using Bench.Web.Components.Charts;
using Bench.Web.Components.Format;

namespace Bench.Web.Features.Runs;

/// <summary>Turns one run into drawings and sentences.</summary>
internal static class RunCharts
{
    private static readonly string[] PhaseOrder = ["setup", "check", "warm-up", "train", "wait", "evaluate", "measure", "memory"];

    /// <summary>Every repetition in the order in which it was taken; outliers are marked, never removed.</summary>
    public static XyChartData Samples(RunMetric metric)
    {
        var (low, high) = (Quantiles.Of(metric.Samples, 0.25), Quantiles.Of(metric.Samples, 0.75));
        var reach = 1.5 * (high - low);
        var outliers = metric.Samples.Count(IsOutlier);
        return new XyChartData
        {
            Id = $"samples-{metric.Name.ToLowerInvariant()}",
            Title = $"{Title(metric.Name)}: every repetition in order",
            Finding = $"Median {Show.Quantity(metric.Median, metric.Unit)}, 95 % interval {Show.Quantity(metric.Low, metric.Unit)} to {Show.Quantity(metric.High, metric.Unit)}, "
                + $"{metric.Samples.Count} repetitions, {(outliers == 1 ? "one outlier" : $"{outliers} outliers")}.",
            X = new ChartAxis("repetition", AxisKind.Linear, Show.Short),
            Y = new ChartAxis($"{Title(metric.Name).ToLowerInvariant()}, {metric.Unit}", AxisKind.Linear, Show.Short),
            Names = false,
            Bands = [new ValueBand("95 % interval of the median", metric.Low, metric.High)],
            Guides = [new GuideLine("median", [(1, metric.Median), (metric.Samples.Count, metric.Median)])],
            Series =
            [
                new XySeries
                {
                    Id = "repetitions",
                    Style = new SeriesStyle(1, MarkerShape.Circle, 0),
                    Points = [.. metric.Samples.Select((value, index) => new XyPoint(index + 1, value) { IsHollow = IsOutlier(value), Name = $"repetition {index + 1}" })],
                },
            ],
        };

        bool IsOutlier(double value) => value < low - reach || value > high + reach;
    }

    /// <summary>A metric during training.</summary>
    public static XyChartData Learning(IReadOnlyList<CurvePoint> curve, string implementation)
    {
        var metric = curve[0].Metric;
        var points = curve.Where(point => point.Metric == metric).ToList();
        return new XyChartData
        {
            Id = "learning",
            Title = $"{Title(metric)} during training",
            Finding = $"{implementation} ends at {Show.Percent(points[^1].Value)} % after {Show.Count(points[^1].Step)} steps.",
            X = new ChartAxis("optimiser steps", AxisKind.Linear, Show.Short),
            Y = new ChartAxis(metric == Metric.Accuracy.Name ? "test accuracy, %" : metric, AxisKind.Linear, metric == Metric.Accuracy.Name ? Show.Percent : Show.Short)
            {
                Range = metric == Metric.Accuracy.Name ? (0, 1) : null,
            },
            Names = false,
            Series = [new XySeries { Id = implementation, Style = new SeriesStyle(1, MarkerShape.Circle, 0), Joined = true, Points = [.. points.Select(point => new XyPoint(point.Step, point.Value))] }],
        };
    }

    /// <summary>What the run found, with its key number.</summary>
    public static string Verdict(RunView run) => run switch
    {
        { Failure: { } failure } => failure.Message,
        { Metrics: [] } => "The run brought no numbers.",
        _ when Headline(run) is { } metric => metric.Count > 1
            ? $"{Title(metric.Name)} {Show.Quantity(metric.Median, metric.Unit)} ({Show.Quantity(metric.Low, metric.Unit)} – {Show.Quantity(metric.High, metric.Unit)}), median of {metric.Count} repetitions"
            : $"{Title(metric.Name)} {Show.Quantity(metric.Median, metric.Unit)}",
        _ => "",
    };

    /// <summary>The metric that the run is about.</summary>
    public static RunMetric? Headline(RunView run) =>
        run.Metrics.FirstOrDefault(metric => metric.Name == Metric.Accuracy.Name) ?? run.Metrics.FirstOrDefault(metric => metric.Name == Metric.TimeMs.Name)
        ?? (run.Metrics.Count > 0 ? run.Metrics[0] : null);

    /// <summary>Name of a metric for people.</summary>
    public static string Title(string metric) => Metric.Known.FirstOrDefault(known => known.Name == metric)?.Title ?? metric;

    /// <summary>The command that measures the same cell again.</summary>
    public static string Reproduce(RunView run) =>
        (run.Environment.TryGetValue("git.commit", out var commit) && commit.Length > 0 ? $"git checkout {commit}\n" : "")
        + $"./bench run {run.Suite} --only '{run.Cell.CanonicalText}'";

    /// <summary>Phases of a run as they follow each other, in words; unknown ones last.</summary>
    public static IEnumerable<(string Name, double Seconds)> Phases(IEnumerable<KeyValuePair<string, double>> seconds) =>
        seconds.OrderBy(phase => (uint)Array.IndexOf(PhaseOrder, phase.Key))
            .ThenBy(phase => phase.Key, StringComparer.Ordinal)
            .Select(phase => (phase.Key.Length == 0 ? phase.Key : char.ToUpperInvariant(phase.Key[0]) + phase.Key[1..], phase.Value));

    /// <summary>What a fact is of, behind its title: a length in tokens or a reason.</summary>
    /// <param name="of">What stands behind the dot of its name, or null.</param>
    public static string Of(string? of) => of is null ? ""
        : long.TryParse(of, NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? $", {Show.Count(length)} tokens" : $", {of}";

    /// <summary>Facts in the order of the catalogue, those of several lengths from the shortest, unknown ones last.</summary>
    public static IEnumerable<KeyValuePair<string, double>> InOrder(IEnumerable<KeyValuePair<string, double>> facts)
    {
        var places = RunFact.All.Select((fact, place) => (fact.Name, place)).ToDictionary(pair => pair.Name, pair => pair.place, StringComparer.Ordinal);
        return facts.Select(pair => (pair, Found: RunFact.Find(pair.Key)))
            .OrderBy(entry => places.GetValueOrDefault(entry.Found.Fact.Name, int.MaxValue))
            .ThenBy(entry => long.TryParse(entry.Found.Of, NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length : 0)
            .ThenBy(entry => entry.pair.Key, StringComparer.Ordinal)
            .Select(entry => entry.pair);
    }

    /// <summary>Facts that differ between two environments, by name.</summary>
    public static IReadOnlyList<(string Name, string Ours, string Theirs)> Differences(RunView ours, RunView theirs) =>
        [.. ours.Environment.Keys.Union(theirs.Environment.Keys).Order(StringComparer.Ordinal)
            .Select(name => (name, Ours: ours.Environment.GetValueOrDefault(name, "–"), Theirs: theirs.Environment.GetValueOrDefault(name, "–")))
            .Where(fact => fact.Ours != fact.Theirs)];
}
