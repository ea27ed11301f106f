using System.Globalization;
using Bench.Data;
using Bench.Data.Rows;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Features.Recall;

/// <summary>A table of mechanisms over difficulties for one trained task.</summary>
internal sealed class RecallQuery(IDbContextFactory<BenchDbContext> contexts)
{
    /// <summary>Prefix of the tasks that this table is for.</summary>
    public const string TaskPrefix = "recall/";

    /// <summary>The table for a filter; what the filter leaves open is chosen so that most cells show.</summary>
    /// <returns>A view without rows when nothing is measured yet.</returns>
    public async Task<RecallView> ReadAsync(RecallFilter filter, CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var tasks = await db.Cells.Where(cell => cell.Task.StartsWith(TaskPrefix)).Select(cell => cell.Task).Distinct().Order().ToListAsync(cancellation);
        if (tasks.Count == 0)
        {
            return RecallView.Empty(filter);
        }

        var task = tasks.Contains(filter.Task ?? "") ? filter.Task! : tasks.Contains("recall/mqar") ? "recall/mqar" : tasks[0];
        var entry = (await db.Tasks.AsNoTracking().SingleOrDefaultAsync(row => row.Id == task, cancellation))?.Entry;
        var groups = await EnvironmentGroup.ListAsync(db, [task], cancellation);
        var group = groups.FirstOrDefault(candidate => candidate.Key == filter.Group) ?? (groups.Count > 0 ? groups[0] : null);
        if (group is null)
        {
            return RecallView.Empty(filter) with { Tasks = tasks };
        }

        // Index (task, pattern) of cells, then the keys of cell_states and cell_summaries.
        var measured = await db.Cells.AsNoTracking().Where(cell => cell.Task == task)
            .Join(db.CellStates.Where(state => state.ComparabilityKey == group.Key), cell => cell.Id, state => state.CellId,
                (cell, state) => new { Cell = cell, State = state })
            .ToListAsync(cancellation);
        var all = measured.Select(one => new Measured(one.Cell, one.State)).ToList();
        var pattern = Most(all, one => one.Cell.Pattern.Name, filter.Pattern, AttentionPattern.CausalSelf.Name);
        var ofPattern = all.Where(one => one.Cell.Pattern.Name == pattern).ToList();
        var width = int.Parse(
            Most(ofPattern, one => Width(one.Cell).ToString(CultureInfo.InvariantCulture), filter.Width?.ToString(CultureInfo.InvariantCulture), null),
            CultureInfo.InvariantCulture);
        var cells = ofPattern.Where(one => Width(one.Cell) == width).ToList();
        var ids = ofPattern.Select(one => one.Cell.Id).ToList();
        var summaries = await db.CellSummaries.AsNoTracking()
            .Where(row => row.ComparabilityKey == group.Key && ids.Contains(row.CellId)).ToListAsync(cancellation);
        var metrics = summaries.Select(row => row.Metric).Distinct().Order(StringComparer.Ordinal).ToList();
        var headline = entry?.Metrics.Count > 0 ? entry.Metrics[0].Name : Metric.Accuracy.Name;
        var metric = metrics.Contains(filter.Metric ?? "") ? filter.Metric! : headline;
        var byCell = summaries.Where(row => row.Metric == metric).ToDictionary(row => row.CellId);
        var states = summaries.Where(row => row.Metric == Metric.StateSizeBytes.Name).ToDictionary(row => row.CellId, row => row.Median);
        var speeds = summaries.Where(row => row.Metric == Metric.TrainStepsPerSecond.Name).ToDictionary(row => row.CellId, row => row.Median);
        var naming = new RecallNaming([.. ofPattern.Select(one => one.Cell)]);
        var columns = cells.Select(one => naming.Column(one.Cell)).Distinct()
            .OrderBy(column => column.Length).ThenBy(column => Number(column.Label)).ThenBy(column => column.Label, StringComparer.Ordinal).ToList();
        var rows = cells.GroupBy(one => (Name: RecallNaming.Row(one.Cell), one.Cell.Implementation, one.Cell.Mechanism, one.Cell.Pattern))
            .OrderBy(row => row.Key.Name, StringComparer.Ordinal)
            .Select(row => new RecallRow(row.Key.Name, row.Key.Implementation, row.Key.Mechanism, row.Key.Pattern,
                [.. columns.Select(column => row
                    .Where(one => naming.Column(one.Cell) == column)
                    .Select(one => Value(one.Cell, one.State, byCell.GetValueOrDefault(one.Cell.Id), filter.Threshold) with
                    {
                        StateBytes = states.TryGetValue(one.Cell.Id, out var bytes) ? bytes : null,
                        StepSeconds = speeds.TryGetValue(one.Cell.Id, out var speed) && speed > 0 ? 1 / speed : null,
                    })
                    .OrderByDescending(value => value.Median ?? double.MinValue).FirstOrDefault())]))
            .ToList();
        var sample = byCell.Values.FirstOrDefault();
        return new RecallView
        {
            Filter = filter with { Task = task, Metric = metric, Group = group.Key, Pattern = pattern, Width = width },
            Tasks = tasks,
            Metrics = metrics,
            Groups = groups,
            Patterns = [.. AttentionPatterns.All.Select(known => known.Name).Where(name => all.Exists(one => one.Cell.Pattern.Name == name))],
            Widths = [.. ofPattern.Select(one => Width(one.Cell)).Distinct().Order()],
            Title = entry?.Title ?? task,
            Description = entry?.Description ?? "",
            Unit = sample?.Unit ?? "1",
            Better = sample?.Better ?? Better.Higher,
            RandomGuess = metric == headline ? entry?.RandomGuess : null,
            Columns = columns,
            Rows = rows,
            Slices = Slices(cells, summaries, naming),
            ByWidth = [.. ofPattern.Where(one => byCell.ContainsKey(one.Cell.Id)).Select(one => (one.Cell, Summary: byCell[one.Cell.Id]))
                .Select(one => new RecallAtWidth(
                    RecallNaming.Row(one.Cell), one.Cell.Implementation, naming.Column(one.Cell).Label, Width(one.Cell), one.Summary.Median, one.Summary.Low,
                    one.Summary.High, one.Summary.SeedValues.Length, one.Summary.RunId))
                .OrderBy(value => value.Name, StringComparer.Ordinal).ThenBy(value => value.Column, StringComparer.Ordinal).ThenBy(value => value.Width)],
            Diagnostics = await DiagnosticsAsync(
                db, group.Key, [.. cells.Where(one => columns.Count > 0 && naming.Column(one.Cell) == columns[^1])], cancellation),
            UpdatedAt = cells.Count > 0 ? cells.Max(one => one.State.UpdatedAt) : null,
        };
    }

    /// <summary>The wanted value if there is one, else the preferred one, else the one of most cells; of equals the larger.</summary>
    private static string Most(List<Measured> cells, Func<Measured, string> key, string? wanted, string? preferred)
    {
        var groups = cells.GroupBy(key).OrderByDescending(group => group.Count()).ThenByDescending(group => group.Key.Length)
            .ThenByDescending(group => group.Key, StringComparer.Ordinal).Select(group => group.Key).ToList();
        return wanted is not null && groups.Contains(wanted) ? wanted
            : preferred is not null && groups.Contains(preferred) ? preferred
            : groups.Count > 0 ? groups[0] : preferred ?? "0";
    }

    private static int Width(CellRow cell) => cell.Heads * cell.HeadSize;

    private static List<RecallSlice> Slices(List<Measured> cells, List<CellSummaryRow> summaries, RecallNaming naming)
    {
        var prefix = Metric.AccuracyAt("").Name;
        var byId = cells.ToDictionary(one => one.Cell.Id, one => one.Cell);
        return [.. summaries.Where(row => row.Metric.StartsWith(prefix, StringComparison.Ordinal) && byId.ContainsKey(row.CellId))
            .Select(row => (Cell: byId[row.CellId], Row: row, Slice: row.Metric[prefix.Length..]))
            .Select(one => new RecallSlice(
                RecallNaming.Row(one.Cell), one.Cell.Implementation, naming.Column(one.Cell).Label, one.Cell.Length, one.Slice, SliceLength(one.Slice),
                one.Row.Median, one.Row.Low, one.Row.High, one.Row.SeedValues.Length, one.Row.RunId))
            .Where(slice => slice.Length > 0)
            .OrderBy(slice => slice.Name, StringComparer.Ordinal).ThenBy(slice => slice.Trained, StringComparer.Ordinal).ThenBy(slice => slice.Length)
            .ThenBy(slice => slice.Slice, StringComparer.Ordinal)];
    }

    private static int SliceLength(string slice) =>
        int.TryParse(slice.Split('.')[0].AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length : 0;

    private static async Task<IReadOnlyList<RecallDiagnostics>> DiagnosticsAsync(
        BenchDbContext db, string group, List<Measured> cells, CancellationToken cancellation)
    {
        var byId = cells.ToDictionary(one => one.Cell.Id, one => one.Cell);
        var ids = byId.Keys.ToList();
        var runs = await db.Runs.AsNoTracking().Where(run => run.IsLatest && run.ComparabilityKey == group && ids.Contains(run.CellId))
            .Select(run => new { run.CellId, run.Detail }).ToListAsync(cancellation);
        return [.. runs
            .SelectMany(run => run.Detail.Facts.Select(fact => (Cell: byId[run.CellId], Of: AttentionDiagnostic.Of(fact.Key), fact.Value)))
            .Where(fact => fact.Of is not null)
            .GroupBy(fact => (Name: RecallNaming.Row(fact.Cell), fact.Cell.Implementation, fact.Of!.Value.Layer))
            .OrderBy(layer => layer.Key.Name, StringComparer.Ordinal).ThenBy(layer => layer.Key.Layer)
            .Select(layer => new RecallDiagnostics(
                layer.Key.Name, layer.Key.Implementation, layer.Key.Layer,
                layer.GroupBy(fact => fact.Of!.Value.Diagnostic).Max(values => values.Count()),
                layer.GroupBy(fact => fact.Of!.Value.Diagnostic.Name).ToDictionary(values => values.Key, values => values.Average(fact => fact.Value), StringComparer.Ordinal)))];
    }

    private static RecallValue Value(CellRow cell, CellStateRow state, CellSummaryRow? summary, double threshold) => summary is null
        ? new RecallValue(cell.Key, null, null, null, null, 0, 0, null, [], state.RunId, state.FailureClass, state.FailureClass?.Glyph ?? "n/m",
            state.FailureMessage)
        : new RecallValue(
            cell.Key, summary.Median, summary.Mean, summary.Low, summary.High, summary.SeedValues.Length, state.FailedSeeds,
            (double)summary.SeedValues.Count(value => value >= threshold) / state.Seeds, summary.SeedValues, summary.RunId, null, null, null);

    private static double Number(string label) =>
        label.Split('/') is [_, var second, ..] && double.TryParse(second, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private sealed record Measured(CellRow Cell, CellStateRow State);
}
