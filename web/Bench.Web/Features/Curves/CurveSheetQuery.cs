using Bench.Data;
using Bench.Data.Rows;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Features.Curves;

/// <summary>Reads everything that the page of curves shows at once, in eight commands at most.</summary>
internal sealed class CurveSheetQuery(IDbContextFactory<BenchDbContext> contexts, CurveStatistics statistics)
{
    /// <summary>The sheet for a filter; what the filter leaves open is chosen so that most points show.</summary>
    /// <returns>A sheet without shape when nothing fits the filter.</returns>
    public Task<CurveSheet> ReadAsync(CurvesFilter filter, CancellationToken cancellation = default) => ReadAsync(filter, judge: true, cancellation);

    /// <summary>The sheet without efficiency lengths, which need the raw repetitions.</summary>
    public Task<CurveSheet> ReadPlainAsync(CurvesFilter filter, CancellationToken cancellation = default) => ReadAsync(filter, judge: false, cancellation);

    private async Task<CurveSheet> ReadAsync(CurvesFilter filter, bool judge, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var tasks = await db.Cells.Where(cell => cell.Task.StartsWith(CurvesQuery.TaskPrefix)).Select(cell => cell.Task).Distinct().Order().ToListAsync(cancellation);
        var task = filter.Task ?? tasks.Find(name => name == CurvesQuery.TaskPrefix + "forward") ?? tasks.FirstOrDefault() ?? "";
        var groups = await EnvironmentGroup.ListAsync(db, [task], cancellation);
        var sheet = new CurveSheet { Filter = filter with { Task = task }, Tasks = tasks, Groups = groups };
        if (groups.FirstOrDefault(candidate => filter.Group is null || candidate.Key == filter.Group) is not { } group)
        {
            return sheet;
        }

        var rows = await RowsAsync(db, task, group.Key, cancellation);
        var patterns = AttentionPatterns.All.Where(pattern => rows.Exists(row => row.Cell.Pattern == pattern)).ToList();
        var pattern = filter.Pattern ?? (patterns.Contains(AttentionPattern.CausalSelf) ? AttentionPattern.CausalSelf : patterns.FirstOrDefault());
        var shapes = rows.GroupBy(row => CurveShape.Of(row.Cell))
            .OrderByDescending(shape => shape.Count(row => row.Cell.Pattern == pattern)).ThenBy(shape => shape.Key.ToString(), StringComparer.Ordinal).Select(shape => shape.Key).ToList();
        sheet = sheet with { Patterns = patterns, Shapes = shapes, Filter = sheet.Filter with { Pattern = pattern, Group = group.Key } };
        if (shapes.Find(candidate => filter.Shape is null || candidate.ToString() == filter.Shape) is not { } shape)
        {
            return sheet;
        }

        var shown = rows.Where(row => CurveShape.Of(row.Cell) == shape).ToList();
        var byPattern = AttentionPatterns.All.ToDictionary(candidate => candidate, candidate => Curves(shown.Where(row => row.Cell.Pattern == candidate)));
        var baseline = filter.Baseline ?? CurvesQuery.DefaultBaseline;
        var curves = byPattern[pattern].OrderByDescending(curve => curve.Id == baseline).ThenBy(curve => curve.Id, StringComparer.Ordinal).ToList();
        return sheet with
        {
            Filter = sheet.Filter with { Shape = shape.ToString() },
            Shape = shape,
            ByPattern = byPattern,
            Curves = judge ? await JudgeAsync(curves, baseline, cancellation) : curves,
            Baseline = curves.Exists(curve => curve.Id == baseline) ? baseline : null,
            UpdatedAt = shown.Max(row => row.State.UpdatedAt),
        };
    }

    /// <summary>Method over baseline at every length that both have.</summary>
    public Task<Dictionary<(string Id, int Length), Domain.Analysis.Estimate>> RatiosAsync(CurveSheet sheet, string metric, CancellationToken cancellation = default) =>
        sheet.Curves.FirstOrDefault(curve => curve.Id == sheet.Baseline) is { } baseline
            ? statistics.RatiosAsync(baseline.Of(metric), [.. sheet.Curves.Where(curve => curve != baseline).Select(curve => curve.Of(metric))], metric, cancellation)
            : Task.FromResult(new Dictionary<(string, int), Domain.Analysis.Estimate>());

    private static async Task<List<Row>> RowsAsync(BenchDbContext db, string task, string group, CancellationToken cancellation)
    {
        // Index (task, pattern) of cells, then the keys of cell_states and cell_summaries.
        var cells = await db.Cells.AsNoTracking().Where(cell => cell.Task == task)
            .Join(db.CellStates.Where(state => state.ComparabilityKey == group), cell => cell.Id, state => state.CellId, (cell, state) => new { cell, state })
            .ToListAsync(cancellation);
        var summaries = (await db.CellSummaries.AsNoTracking()
            .Where(row => row.ComparabilityKey == group && (row.Metric == Metric.TimeMs.Name || row.Metric == Metric.PeakMemoryBytes.Name))
            .Join(db.Cells.Where(cell => cell.Task == task), row => row.CellId, cell => cell.Id, (row, _) => row)
            .ToListAsync(cancellation)).ToLookup(row => row.CellId);
        return [.. cells.Select(one => new Row(one.cell, one.state, [.. summaries[one.cell.Id]]))];
    }

    private static IReadOnlyList<SheetCurve> Curves(IEnumerable<Row> rows) =>
        [.. rows.GroupBy(row => (row.Cell.Implementation, Id: SeriesName.Of(row.Cell))).Select(group =>
        {
            var failures = group.Where(row => row.Summaries.Count == 0 && row.State.Outcome == Outcome.Failed)
                .Select(row => new SheetFailure(row.Cell.Length, row.State.FailureClass ?? FailureClass.Infrastructure, row.State.FailureMessage ?? "", row.State.RunId))
                .OrderBy(failure => failure.Length).ToList();
            CostPoints Of(Metric metric) => new(
                group.Key.Id,
                [.. group.SelectMany(row => row.Summaries.Where(summary => summary.Metric == metric.Name)
                    .Select(summary => new MeasuredPoint(row.Cell.Length, summary.Median, summary.Low, summary.High, summary.Count, summary.RunId)))
                    .DistinctBy(point => point.Length).OrderBy(point => point.Length)],
                [.. failures.Where(failure => failure.IsCost).DistinctBy(failure => failure.Length)]);
            return new SheetCurve
            {
                Id = group.Key.Id,
                Implementation = group.Key.Implementation,
                Time = Of(Metric.TimeMs),
                Memory = Of(Metric.PeakMemoryBytes),
                Failures = failures,
            };
        })];

    private async Task<IReadOnlyList<SheetCurve>> JudgeAsync(List<SheetCurve> curves, string baselineId, CancellationToken cancellation)
    {
        if (curves.Find(curve => curve.Id == baselineId) is not { } baseline)
        {
            return curves;
        }

        var others = curves.Where(curve => curve != baseline).ToList();
        var times = await statistics.EfficiencyLengthsAsync(baseline.Time, [.. others.Select(curve => curve.Time)], Metric.TimeMs.Name, cancellation);
        var memories = await statistics.EfficiencyLengthsAsync(baseline.Memory, [.. others.Select(curve => curve.Memory)], Metric.PeakMemoryBytes.Name, cancellation);
        var predicted = await statistics.PredictedLengthsAsync(baseline.Time, [.. others.Select(curve => curve.Time)], cancellation);
        return [.. curves.Select(curve => curve == baseline
            ? curve
            : curve with
            {
                TimeLength = times.GetValueOrDefault(curve.Id),
                MemoryLength = memories.GetValueOrDefault(curve.Id),
                PredictedLength = predicted.GetValueOrDefault(curve.Id),
            })];
    }

    private sealed record Row(CellRow Cell, CellStateRow State, List<CellSummaryRow> Summaries);
}
