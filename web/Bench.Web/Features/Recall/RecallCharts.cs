using Bench.Domain.Analysis;
using Bench.Domain.Results;
using Bench.Web.Components.Charts;
using Bench.Web.Components.Format;
using Microsoft.Extensions.Caching.Memory;

namespace Bench.Web.Features.Recall;

/// <summary>Turns a recall table into drawings and sentences.</summary>
internal sealed class RecallCharts(IMemoryCache cache)
{
    // The bootstrap's seed is part of the method: reloads agree.
    private const long Seed = 20_230_915;
    private const int Resamples = 2_000;

    /// <summary>Rows of the heat map, the best first.</summary>
    public IReadOnlyList<HeatRow> Rows(RecallView view, SeriesPalette palette)
    {
        var best = Best(view);
        var states = view.Rows.Select(row => State(row)).ToList();
        var most = states.Max() ?? 1;
        return [.. view.Rows.Select((row, index) => (row, state: states[index]))
            .OrderByDescending(item => Mean(item.row)).ThenBy(item => item.row.Name, StringComparer.Ordinal)
            .Select(item => new HeatRow(item.row.Name, $"/mechanisms/{item.row.Mechanism}", [.. item.row.Values.Select((value, column) => Cell(view, value, best.Contains((item.row.Name, column))))])
            {
                Style = palette.Of(item.row.Implementation),
                Side = item.state is { } bytes ? Show.Bytes(bytes) : "",
                SideShare = (item.state ?? 0) / most,
                End = Effective(view, item.row),
            })];
    }

    /// <summary>What the table found, with its key number.</summary>
    public static string Sentence(RecallView view)
    {
        var column = view.Columns.Count - 1;
        var measured = view.Rows.Where(row => row.Values[column]?.Median is not null).OrderByDescending(row => row.Values[column]!.Median).ToList();
        if (measured.Count == 0)
        {
            return $"No number yet at the hardest setting, {view.Columns[column].Title}.";
        }

        var solved = view.Rows.Count(row => row.Values[column]?.SuccessRate >= 1);
        var value = measured[0].Values[column]!;
        return $"At {view.Columns[column].Title}, {solved} of {view.Rows.Count} implementations solve the task with every seed; "
            + $"{measured[0].Name} recalls {Show.Percent(value.Median!.Value)} %{(value.Seeds > 1 ? $" (median of {value.Seeds} seeds)" : "")}.";
    }

    /// <summary>Recall at the hardest setting against the state that decoding keeps.</summary>
    public static XyChartData? Pareto(RecallView view, SeriesPalette palette)
    {
        var column = view.Columns.Count - 1;
        var points = view.Rows.Where(row => row.Values[column] is { Median: not null, StateBytes: > 0 }).Select(row => (row, Value: row.Values[column]!)).ToList();
        if (points.Count < 2)
        {
            return null;
        }

        bool Beats(RecallValue a, RecallValue b) => a.StateBytes <= b.StateBytes && a.Low > b.High || a.StateBytes < b.StateBytes && a.Low >= b.High;
        var frontier = points.Where(point => !points.Exists(other => other.Value.StateBytes <= point.Value.StateBytes && other.Value.Median > point.Value.Median))
            .OrderBy(point => point.Value.StateBytes).ToList();
        var steps = frontier.SelectMany((point, index) => index == 0
            ? new[] { (point.Value.StateBytes!.Value, point.Value.Median!.Value) }
            : [(point.Value.StateBytes!.Value, frontier[index - 1].Value.Median!.Value), (point.Value.StateBytes!.Value, point.Value.Median!.Value)]).ToList();
        return new XyChartData
        {
            Id = "pareto",
            Title = $"Recall at {view.Columns[column].Title} against decode state",
            Finding = $"{string.Join(", ", frontier.Select(point => point.row.Name))} lie on the frontier.",
            X = new ChartAxis("state per sequence", AxisKind.Log2, Show.Bytes, "smaller is better"),
            Y = new ChartAxis("recall, %", AxisKind.Linear, Show.Percent, "higher is better") { Range = (0, 1) },
            Series = [.. points.Select(point => new XySeries
            {
                Id = point.row.Name,
                Style = palette.Of(point.row.Implementation),
                Points = [new XyPoint(point.Value.StateBytes!.Value, point.Value.Median!.Value)
                {
                    YInterval = (point.Value.Low!.Value, point.Value.High!.Value),
                    Href = $"/runs/{point.Value.RunId}",
                    IsHollow = point.Value.Seeds < 3,
                    // Pale only where another is at least as good in both and surely better in one.
                    IsDimmed = points.Exists(other => Beats(other.Value, point.Value)),
                }],
            })],
            Guides = [new GuideLine("", steps)],
        };
    }

    /// <summary>Accuracy during training.</summary>
    public static XyChartData? Learning(RecallView view, IReadOnlyDictionary<string, IReadOnlyList<CurvePoint>> curves, SeriesPalette palette)
    {
        var column = view.Columns.Count - 1;
        var series = view.Rows.Where(row => row.Values[column]?.RunId is { } run && curves.TryGetValue(run, out var points) && points.Count > 1)
            .Select(row => new XySeries
            {
                Id = row.Name,
                Style = palette.Of(row.Implementation),
                Joined = true,
                Marked = false,
                Points = [.. curves[row.Values[column]!.RunId!].Select(point => new XyPoint(point.Step, point.Value))],
            }).ToList();
        return series.Count == 0 ? null : new XyChartData
        {
            Id = "learning",
            Title = $"Learning curves at {view.Columns[column].Title}",
            Finding = $"{series.Count} implementations, newest seed of each.",
            X = new ChartAxis("optimiser steps", AxisKind.Linear, Show.Short),
            Y = new ChartAxis("test accuracy, %", AxisKind.Linear, Show.Percent, "higher is better") { Range = (0, 1) },
            Series = series,
        };
    }

    private static double Mean(RecallRow row) => row.Values.Select(value => value?.Median ?? 0).DefaultIfEmpty(0).Average();

    private static double? State(RecallRow row) => row.Values.LastOrDefault(value => value?.StateBytes is not null)?.StateBytes;

    private static string Effective(RecallView view, RecallRow row)
    {
        var columns = row.Values.Select((value, index) => (Index: index, value)).Where(item => item.value?.Median is not null)
            .Select(item => (item.Index, new Estimate(item.value!.Median!.Value, new Interval(item.value.Low!.Value, item.value.High!.Value), item.value.Seeds)));
        return EffectiveLength.Of(columns, view.Filter.Threshold) is { } index ? view.Columns[index].Label : "none";
    }

    private static HeatCell Cell(RecallView view, RecallValue? value, bool isBest)
    {
        if (value?.Median is not { } median)
        {
            return value is null
                ? new HeatCell()
                : new HeatCell { Glyph = value.Glyph ?? "n/m", Words = value.Message ?? "not measured", Href = value.RunId is { } run ? $"/runs/{run}" : null };
        }

        var total = value.Seeds + value.FailedSeeds;
        var spread = value.Seeds > 1 ? $"±{Show.Percent(StudentT.MeanInterval(value.SeedValues).Interval.Width / 2)}" : "";
        return new HeatCell
        {
            Value = median,
            Spread = spread,
            IsBest = isBest,
            Href = $"/runs/{value.RunId}",
            Detail = $"median {Show.Percent(median)} %, mean {Show.Percent(value.Mean ?? median)} % {spread} over {total} seed{(total == 1 ? "" : "s")}: "
                + string.Join(", ", value.SeedValues.Select(Show.Percent))
                + (value.SuccessRate is { } rate ? $"; {Math.Round(rate * total)} of {total} reach {Show.Percent(view.Filter.Threshold)} %" : ""),
        };
    }

    /// <summary>The best of each column and everyone statistically tied with it; nobody where single seeds allow no judgement.</summary>
    private HashSet<(string Name, int Column)> Best(RecallView view)
    {
        var best = new HashSet<(string, int)>();
        for (var column = 0; column < view.Columns.Count; column++)
        {
            var index = column;
            var scores = view.Rows.Where(row => row.Values[index]?.Median is not null)
                .SelectMany(row => row.Values[index]!.SeedValues.Select((value, seed) => new BoardScore(row.Name, view.Columns[index].Label, seed, value))).ToList();
            if (scores.Count == 0 || scores.GroupBy(score => score.Entrant).Any(group => group.Count() < 2))
            {
                continue;
            }

            var key = "ties|" + string.Join('|', scores.Select(score => FormattableString.Invariant($"{score.Entrant}:{score.Value:R}")));
            var leaders = cache.GetOrCreate(key, entry =>
            {
                entry.SlidingExpiration = TimeSpan.FromHours(6);
                return BoardRanking.Rank(scores, view.Better, Seed, resamples: Resamples).Where(row => row.BestRank == 1).Select(row => row.Entrant).ToList();
            })!;
            best.UnionWith(leaders.Select(name => (name, index)));
        }

        return best;
    }
}
