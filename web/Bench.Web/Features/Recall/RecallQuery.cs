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
        var cells = await db.Cells.AsNoTracking().Where(cell => cell.Task == task)
            .Join(db.CellStates.Where(state => state.ComparabilityKey == group.Key), cell => cell.Id, state => state.CellId,
                (cell, state) => new { Cell = cell, State = state })
            .ToListAsync(cancellation);
        var ids = cells.Select(one => one.Cell.Id).ToList();
        var summaries = await db.CellSummaries.AsNoTracking()
            .Where(row => row.ComparabilityKey == group.Key && ids.Contains(row.CellId)).ToListAsync(cancellation);
        var metrics = summaries.Select(row => row.Metric).Distinct().Order(StringComparer.Ordinal).ToList();
        var headline = entry?.Metrics.Count > 0 ? entry.Metrics[0].Name : Metric.Accuracy.Name;
        var metric = metrics.Contains(filter.Metric ?? "") ? filter.Metric! : headline;
        var byCell = summaries.Where(row => row.Metric == metric).ToDictionary(row => row.CellId);
        var states = summaries.Where(row => row.Metric == Metric.StateSizeBytes.Name).ToDictionary(row => row.CellId, row => row.Median);
        var varying = Varying([.. cells.Select(one => one.Cell)]);
        var columns = cells.Select(one => Column(one.Cell, varying)).Distinct()
            .OrderBy(column => column.Length).ThenBy(column => Number(column.Label)).ThenBy(column => column.Label, StringComparer.Ordinal).ToList();
        var rows = cells.GroupBy(one => (Name: SeriesName.Of(one.Cell), one.Cell.Implementation, one.Cell.Mechanism, one.Cell.Pattern))
            .OrderBy(row => row.Key.Name, StringComparer.Ordinal).ThenBy(row => row.Key.Pattern)
            .Select(row => new RecallRow(row.Key.Name, row.Key.Implementation, row.Key.Mechanism, row.Key.Pattern,
                [.. columns.Select(column => row
                    .Where(one => Column(one.Cell, varying) == column)
                    .Select(one => Value(one.Cell, one.State, byCell.GetValueOrDefault(one.Cell.Id), filter.Threshold) with
                    {
                        StateBytes = states.TryGetValue(one.Cell.Id, out var bytes) ? bytes : null,
                    })
                    .OrderByDescending(value => value.Median ?? double.MinValue).FirstOrDefault())]))
            .ToList();
        var sample = byCell.Values.FirstOrDefault();
        return new RecallView
        {
            Filter = filter with { Task = task, Metric = metric, Group = group.Key },
            Tasks = tasks,
            Metrics = metrics,
            Groups = groups,
            Title = entry?.Title ?? task,
            Description = entry?.Description ?? "",
            Unit = sample?.Unit ?? "1",
            Better = sample?.Better ?? Better.Higher,
            RandomGuess = metric == headline ? entry?.RandomGuess : null,
            Columns = columns,
            Rows = rows,
            UpdatedAt = cells.Count > 0 ? cells.Max(one => one.State.UpdatedAt) : null,
        };
    }

    private static RecallValue Value(CellRow cell, CellStateRow state, CellSummaryRow? summary, double threshold) => summary is null
        ? new RecallValue(cell.Key, null, null, null, null, 0, 0, null, [], state.RunId, state.FailureClass, state.FailureClass?.Glyph ?? "n/m",
            state.FailureMessage)
        : new RecallValue(
            cell.Key, summary.Median, summary.Mean, summary.Low, summary.High, summary.SeedValues.Length, state.FailedSeeds,
            (double)summary.SeedValues.Count(value => value >= threshold) / state.Seeds, summary.SeedValues, summary.RunId, null, null, null);

    /// <summary>Parameters that differ between cells and so belong to the column.</summary>
    private static List<string> Varying(List<CellRow> cells) =>
    [
        .. cells.SelectMany(cell => cell.Parameters.Keys).Distinct()
            .Where(name => cells.Select(cell => cell.Parameters.GetValueOrDefault(name, "")).Distinct().Count() > 1)
            .OrderByDescending(name => name == "pairs").ThenBy(name => name, StringComparer.Ordinal),
    ];

    private static RecallColumn Column(CellRow cell, List<string> varying)
    {
        var values = varying.Select(name => (Name: name, Value: cell.Parameters.GetValueOrDefault(name, "–"))).ToList();
        var label = string.Join('/', [cell.Length.ToString(CultureInfo.InvariantCulture), .. values.Select(pair => pair.Value)]);
        var title = string.Join(", ", [$"length {cell.Length}", .. values.Select(pair => $"{pair.Name} {pair.Value}")]);
        return new RecallColumn(cell.Length, label, title);
    }

    private static double Number(string label) =>
        label.Split('/') is [_, var second, ..] && double.TryParse(second, CultureInfo.InvariantCulture, out var number) ? number : 0;
}

/// <summary>What to show; null leaves the choice to the query.</summary>
/// <param name="Task">Task id.</param>
/// <param name="Metric">Metric name.</param>
/// <param name="Group">Kind of environment.</param>
/// <param name="Threshold">From which value on a seed counts as having solved the task.</param>
internal sealed record RecallFilter(string? Task = null, string? Metric = null, string? Group = null, double Threshold = 0.9);

/// <summary>Everything that the table and its filters show.</summary>
internal sealed record RecallView
{
    /// <summary>The filter with every choice made.</summary>
    public required RecallFilter Filter { get; init; }

    /// <summary>Tasks to choose from.</summary>
    public IReadOnlyList<string> Tasks { get; init; } = [];

    /// <summary>Metrics to choose from.</summary>
    public IReadOnlyList<string> Metrics { get; init; } = [];

    /// <summary>Kinds of environment to choose from.</summary>
    public IReadOnlyList<EnvironmentGroup> Groups { get; init; } = [];

    /// <summary>Name of the task for people.</summary>
    public string Title { get; init; } = "";

    /// <summary>What the task isolates.</summary>
    public string Description { get; init; } = "";

    /// <summary>Unit of the values.</summary>
    public string Unit { get; init; } = "1";

    /// <summary>Which way the metric improves.</summary>
    public Better Better { get; init; } = Better.Higher;

    /// <summary>Value that guessing reaches.</summary>
    public double? RandomGuess { get; init; }

    /// <summary>Difficulties, from easy to hard.</summary>
    public IReadOnlyList<RecallColumn> Columns { get; init; } = [];

    /// <summary>Implementations.</summary>
    public IReadOnlyList<RecallRow> Rows { get; init; } = [];

    /// <summary>Newest value.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Nothing is measured yet.</summary>
    public static RecallView Empty(RecallFilter filter) => new() { Filter = filter };
}

/// <summary>A difficulty.</summary>
/// <param name="Length">N in tokens.</param>
/// <param name="Label">Such as <c>64/4</c>: length and number of pairs.</param>
/// <param name="Title">The label in words.</param>
internal sealed record RecallColumn(int Length, string Label, string Title);

/// <summary>One implementation with one value for each column; null where the cell was never planned or run.</summary>
internal sealed record RecallRow(
    string Name, string Implementation, string Mechanism, AttentionPattern Pattern, IReadOnlyList<RecallValue?> Values);

/// <summary>One cell of the table.</summary>
/// <param name="CellKey">Cell.</param>
/// <param name="Median">Median over seeds; null when no seed brought a number.</param>
/// <param name="Mean">Mean over seeds.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end of the interval.</param>
/// <param name="Seeds">Seeds with a number.</param>
/// <param name="FailedSeeds">Seeds without.</param>
/// <param name="SuccessRate">Share of all seeds at or above the threshold.</param>
/// <param name="SeedValues">One number for each seed.</param>
/// <param name="RunId">Newest run.</param>
/// <param name="Failure">Why there is no number.</param>
/// <param name="Glyph">The mark to show instead.</param>
/// <param name="Message">The failure in words.</param>
internal sealed record RecallValue(
    string CellKey, double? Median, double? Mean, double? Low, double? High, int Seeds, int FailedSeeds, double? SuccessRate,
    IReadOnlyList<double> SeedValues, string? RunId, FailureClass? Failure, string? Glyph, string? Message)
{
    /// <summary>Bytes kept per sequence while decoding at this length; null when not reported.</summary>
    public double? StateBytes { get; init; }
}
