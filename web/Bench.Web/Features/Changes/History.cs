using Bench.Data;
using Bench.Data.Rows;
using Bench.Domain.Analysis;
using Bench.Domain.Results;
using Bench.Web.Components.Charts;
using Bench.Web.Components.Format;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Features.Changes;

/// <summary>One run's number in the history of its cell.</summary>
/// <param name="RunId">Run.</param>
/// <param name="Median">Median of its repetitions.</param>
/// <param name="Low">Lower end of the 95 % interval.</param>
/// <param name="High">Upper end.</param>
/// <param name="Count">Repetitions.</param>
/// <param name="At">When it was stored.</param>
internal sealed record HistoryPoint(string RunId, double Median, double Low, double High, int Count, DateTimeOffset At);

/// <summary>Every number of one cell, seed and kind of environment, oldest first, with the places where the level changed.</summary>
internal sealed record History(string Metric, string Unit, Better Better, IReadOnlyList<HistoryPoint> Points)
{
    /// <summary>Newest points that are read; older ones are beyond a chart's width.</summary>
    public const int Most = 200;

    /// <summary>No run at all.</summary>
    public static History Empty { get; } = new("", "", Better.Lower, []);

    /// <summary>Where the level changed.</summary>
    public IReadOnlyList<ChangePoint> Changes { get; } = ChangePoints.Find([.. Points.Select(point => point.Median)]);

    /// <summary>Reads the history that a run belongs to. Index (cell_id, id) of runs.</summary>
    /// <returns>Null when the run is the only one.</returns>
    public static async Task<History?> ReadAsync(
        BenchDbContext db, int cellId, int seed, string comparabilityKey, string metric, CancellationToken cancellation)
    {
        var rows = await db.Runs.Where(run => run.CellId == cellId && run.Seed == seed && run.ComparabilityKey == comparabilityKey && run.Outcome == Outcome.Succeeded)
            .Join(db.RunMetrics.Where(row => row.Name == metric), run => run.Id, row => row.RunId, (run, row) => new { run.Id, run.ReceivedAt, row.Median, row.Low, row.High, row.Count, row.Unit, row.Better })
            .OrderByDescending(row => row.Id).Take(Most).ToListAsync(cancellation);
        rows.Reverse();
        return rows.Count < 2
            ? null
            : new History(metric, rows[0].Unit, rows[0].Better, [.. rows.Select(row => new HistoryPoint(row.Id, row.Median, row.Low, row.High, row.Count, row.ReceivedAt))]);
    }

    /// <summary>Reads the histories of some changes in one command.</summary>
    /// <returns>By the id of the change; a change whose runs are gone has none.</returns>
    public static async Task<Dictionary<string, History>> ReadAsync(BenchDbContext db, IReadOnlyCollection<ChangeRow> changes, CancellationToken cancellation)
    {
        var (cells, metrics) = (changes.Select(row => row.CellId).Distinct().ToList(), changes.Select(row => row.Metric).Distinct().ToList());
        // Index (cell_id, id) of runs.
        var rows = (await db.Runs.Where(run => cells.Contains(run.CellId) && run.Outcome == Outcome.Succeeded)
            .Join(db.RunMetrics.Where(row => metrics.Contains(row.Name)), run => run.Id, row => row.RunId, (run, row) => new { run.Id, run.CellId, run.Seed, run.ComparabilityKey, run.ReceivedAt, row.Name, row.Median, row.Low, row.High, row.Count })
            .OrderByDescending(row => row.Id).Take(Most * changes.Count).ToListAsync(cancellation)).ToLookup(row => (row.CellId, row.Seed, row.ComparabilityKey, row.Name));
        return changes
            .Select(change => (change, Points: rows[(change.CellId, change.Seed, change.ComparabilityKey, change.Metric)].Take(Most).Reverse()
                .Select(row => new HistoryPoint(row.Id, row.Median, row.Low, row.High, row.Count, row.ReceivedAt)).ToList()))
            .Where(one => one.Points.Count > 1)
            .ToDictionary(one => one.change.Id, one => new History(one.change.Metric, one.change.Unit, one.change.Better, one.Points), StringComparer.Ordinal);
    }

    /// <summary>The history as a drawing, with marks where the level changed.</summary>
    /// <param name="id">Short id, unique on the page.</param>
    /// <param name="title">Name of the metric for people.</param>
    public XyChartData Chart(string id, string title) => new()
    {
        Id = id,
        Title = $"{title}: every run of this cell, oldest first",
        Finding = Changes.Count == 0
            ? $"{Points.Count} runs without a change of level{(Points.Count < new ChangePointOptions().MinimumHistory ? "; fewer than 8 are not judged" : "")}."
            : $"{Points.Count} runs; the level changed {(Changes.Count == 1 ? "once" : $"{Changes.Count} times")}, last by {Signed(Changes[^1].RelativeChange)}.",
        X = new ChartAxis("run", AxisKind.Linear, Show.Short),
        Y = new ChartAxis(Metric == Domain.Results.Metric.Accuracy.Name ? "accuracy, %" : $"{title.ToLowerInvariant()}, {Unit}", AxisKind.Linear, Metric == Domain.Results.Metric.Accuracy.Name ? Show.Percent : Show.Short),
        Names = false,
        Changes = [.. Changes.Select(change => new ChangeMark(
            change.Index + 0.5, Signed(change.RelativeChange),
            $"The level changed by {Signed(change.RelativeChange)} with run {Points[change.Index].RunId} of {Show.Instant(Points[change.Index].At)}."))],
        Series =
        [
            new XySeries
            {
                Id = "runs",
                Style = new SeriesStyle(1, MarkerShape.Circle, 0),
                Joined = true,
                Points = [.. Points.Select((point, index) => new XyPoint(index + 1, point.Median)
                {
                    YInterval = point.Count > 1 ? (point.Low, point.High) : null,
                    Name = Show.Instant(point.At),
                    Href = $"/runs/{point.RunId}",
                    IsHollow = point.Count is > 1 and < 5,
                })],
            },
        ],
    };

    /// <summary>A relative change with its sign, such as <c>+12.0 %</c>.</summary>
    public static string Signed(double relative) => $"{(relative < 0 ? "−" : "+")}{Show.Percent(Math.Abs(relative))} %";
}
