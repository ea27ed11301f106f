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
    public static XyChartData? AgainstState(RecallView view, SeriesPalette palette) => Pareto(
        view, palette, "pareto", "against decode state", new ChartAxis("state per sequence", AxisKind.Log2, Show.Bytes, "smaller is better"), value => value.StateBytes);

    /// <summary>Recall at the hardest setting against the measured time of a training step.</summary>
    public static XyChartData? AgainstTime(RecallView view, SeriesPalette palette) => Pareto(
        view, palette, "pareto-time", "against measured time",
        new ChartAxis("training step, ms", AxisKind.Linear, Show.Short, "smaller is better"), value => value.StepSeconds * 1000);

    /// <summary>Accuracy of trained models at lengths they were not trained at.</summary>
    public static XyChartData? Extrapolation(RecallView view, SeriesPalette palette)
    {
        var trained = view.Slices.GroupBy(slice => (slice.Trained, slice.TrainedLength))
            .Where(group => group.Select(slice => slice.Length).Distinct().Count() > 1)
            .MaxBy(group => group.Count());
        if (trained is null)
        {
            return null;
        }

        var most = trained.Max(slice => slice.Length);
        var best = trained.Where(slice => slice.Length == most).MaxBy(slice => slice.Median)!;
        return new XyChartData
        {
            Id = "extrapolation",
            Title = $"Trained at {trained.Key.Trained}, tested at other lengths",
            Finding = $"At {Show.Count(most)} tokens, {Show.Significant((double)most / trained.Key.TrainedLength, 2)} times the trained length, {best.Name} still recalls {Show.Percent(best.Median)} %.",
            X = new ChartAxis("tokens in test rows", AxisKind.Log2, value => Show.Count((long)Math.Round(value))),
            Y = new ChartAxis("recall, %", AxisKind.Linear, Show.Percent, "higher is better") { Range = (0, 1) },
            Series = [.. trained.GroupBy(slice => (slice.Name, slice.Implementation)).Select(row => Line(row.Key.Name, palette.Of(row.Key.Implementation),
                row.OrderBy(slice => slice.Length).Select(slice => Point(slice.Length, slice.Median, slice.Low, slice.High, slice.Seeds, slice.RunId))))],
            Guides = [new GuideLine("", [(trained.Key.TrainedLength, 0), (trained.Key.TrainedLength, 1)])],
        };
    }

    /// <summary>Accuracy against the size of the hidden states, where more than one was measured.</summary>
    public static XyChartData? AgainstWidth(RecallView view, SeriesPalette palette)
    {
        var column = view.ByWidth.GroupBy(value => value.Column).Where(group => group.Select(value => value.Width).Distinct().Count() > 1)
            .OrderByDescending(group => group.Key == (view.Columns.Count > 0 ? view.Columns[^1].Label : "")).ThenByDescending(group => group.Count()).FirstOrDefault();
        if (column is null)
        {
            return null;
        }

        var rows = column.GroupBy(value => (value.Name, value.Implementation)).Where(row => row.Count() > 1).ToList();
        return rows.Count == 0 ? null : new XyChartData
        {
            Id = "width",
            Title = $"Recall at {column.Key} against width",
            Finding = $"{rows.Count} implementation{(rows.Count == 1 ? "" : "s")} at {column.Select(value => value.Width).Distinct().Count()} widths.",
            X = new ChartAxis("model width", AxisKind.Log2, Show.Short),
            Y = new ChartAxis("recall, %", AxisKind.Linear, Show.Percent, "higher is better") { Range = (0, 1) },
            Series = [.. rows.Select(row => Line(row.Key.Name, palette.Of(row.Key.Implementation),
                row.OrderBy(value => value.Width).Select(value => Point(value.Width, value.Median, value.Low, value.High, value.Seeds, value.RunId))))],
        };
    }

    /// <summary>One line for each implementation, through all settings of its dials; a step line along the frontier.</summary>
    private static XyChartData? Pareto(
        RecallView view, SeriesPalette palette, string id, string words, ChartAxis axis, Func<RecallValue, double?> cost)
    {
        var column = view.Columns.Count - 1;
        var points = view.Rows.Where(row => row.Values[column] is { Median: not null } value && cost(value) > 0)
            .Select(row => (Row: row, Value: row.Values[column]!, Cost: cost(row.Values[column]!)!.Value)).ToList();
        if (points.Count < 2)
        {
            return null;
        }

        bool Beats((RecallRow Row, RecallValue Value, double Cost) a, (RecallRow Row, RecallValue Value, double Cost) b) =>
            (a.Cost <= b.Cost && a.Value.Low > b.Value.High) || (a.Cost < b.Cost && a.Value.Low >= b.Value.High);
        var frontier = points.Where(point => !points.Exists(other =>
                (other.Cost <= point.Cost && other.Value.Median > point.Value.Median) || (other.Cost < point.Cost && other.Value.Median >= point.Value.Median)))
            .OrderBy(point => point.Cost).ToList();
        var steps = frontier.SelectMany((point, index) => index == 0
            ? new[] { (point.Cost, point.Value.Median!.Value) }
            : [(point.Cost, frontier[index - 1].Value.Median!.Value), (point.Cost, point.Value.Median!.Value)]).ToList();
        return new XyChartData
        {
            Id = id,
            Title = $"Recall at {view.Columns[column].Title} {words}",
            Finding = $"{string.Join(", ", frontier.Select(point => point.Row.Name))} {(frontier.Count == 1 ? "lies" : "lie")} on the frontier.",
            X = axis,
            Y = new ChartAxis("recall, %", AxisKind.Linear, Show.Percent, "higher is better") { Range = (0, 1) },
            Series = [.. points.GroupBy(point => point.Row.Implementation).Select(dials => Line(
                dials.Count() == 1 ? dials.First().Row.Name : dials.Key, palette.Of(dials.Key),
                dials.OrderBy(point => point.Cost).Select(point =>
                    Point(point.Cost, point.Value.Median!.Value, point.Value.Low!.Value, point.Value.High!.Value, point.Value.Seeds, point.Value.RunId) with
                    {
                        Name = point.Row.Name,
                        // Pale only where another is at least as good in both and surely better in one.
                        IsDimmed = points.Exists(other => Beats(other, point)),
                    })))],
            Guides = [new GuideLine("", steps)],
        };
    }

    private static XySeries Line(string id, SeriesStyle style, IEnumerable<XyPoint> points) => new() { Id = id, Style = style, Joined = true, Points = [.. points] };

    private static XyPoint Point(double x, double y, double low, double high, int seeds, string? run) => new(x, y)
    {
        YInterval = (low, high),
        Href = run is null ? null : $"/runs/{run}",
        IsHollow = seeds < 3,
    };

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
        var solved = value.SuccessRate is { } share ? $"{Math.Round(share * total)}/{total}" : $"n {total}";
        solved = value.Seeds > 1 ? $"mean {Show.Percent(value.Mean ?? median)}, {solved}" : solved;
        return new HeatCell
        {
            Value = median,
            Spread = spread,
            Note = solved,
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
