using System.Globalization;
using Bench.Data;
using Bench.Data.Rows;
using Bench.Domain.Results;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Features.Leaderboards;

/// <summary>The newest numbers of all tasks of a suite, such as <c>lra/…</c> or <c>cab/…</c>.</summary>
internal sealed class TaskScores(IDbContextFactory<BenchDbContext> contexts)
{
    /// <summary>Every score of a board's tasks in one kind of environment.</summary>
    public async Task<Reading> ReadAsync(BoardDefinition board, string? group, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        // Index (task, pattern) of cells.
        var names = await db.Cells.Where(cell => cell.Task.StartsWith(board.Task) && cell.Pattern == board.Pattern).Select(cell => cell.Task).Distinct().ToListAsync(cancellation);
        var groups = names.Count == 0 ? [] : await EnvironmentGroup.ListAsync(db, names, cancellation);
        if (groups.FirstOrDefault(candidate => group is null || candidate.Key == group) is not { } chosen)
        {
            return new Reading(board, groups, null, [], null);
        }

        var rows = await db.Cells.AsNoTracking().Where(cell => names.Contains(cell.Task) && cell.Pattern == board.Pattern)
            .Join(db.CellSummaries.AsNoTracking().Where(row => row.ComparabilityKey == chosen.Key), cell => cell.Id, row => row.CellId, (cell, row) => new { cell, row })
            .ToListAsync(cancellation);
        return new Reading(board, groups, chosen.Key, [.. rows.Select(one => new TaskScore(
            one.cell.Task, SeriesName.Of(one.cell), one.cell.Implementation, one.row.Metric, one.row.SeedValues)
        { Better = one.row.Better, Parameters = one.cell.Parameters, Shape = Shape(one.cell) })],
            rows.Count == 0 ? null : rows.Max(one => one.row.UpdatedAt));
    }

    private static string Shape(CellRow cell) => string.Create(
        CultureInfo.InvariantCulture, $"B{cell.Batch} H{cell.Heads} D{cell.HeadSize} N{cell.Length} M{cell.SourceLength ?? cell.Length} {cell.Dtype}");

    /// <summary>What was read.</summary>
    internal sealed record Reading(BoardDefinition Board, IReadOnlyList<EnvironmentGroup> Groups, string? Group, IReadOnlyList<TaskScore> Scores, DateTimeOffset? UpdatedAt);
}

/// <summary>One metric of one entrant on one task.</summary>
/// <param name="Task">Task id.</param>
/// <param name="Series">Implementation with its options.</param>
/// <param name="Implementation">Implementation id.</param>
/// <param name="Metric">Metric.</param>
/// <param name="Seeds">One number for each seed.</param>
internal sealed record TaskScore(string Task, string Series, string Implementation, string Metric, IReadOnlyList<double> Seeds)
{
    /// <summary>Which way the metric improves.</summary>
    public Better Better { get; init; }

    /// <summary>Parameters of the task that the cell states.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Sizes of the cell.</summary>
    public string Shape { get; init; } = "";

    /// <summary>Sizes and parameters in one text: two scores with the same one are of the same setting.</summary>
    public string Setting => string.Join(' ', Parameters.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}").Prepend(Shape));

    /// <summary>A parameter, or what its absence means.</summary>
    public string Parameter(string name, string absent = "") => Parameters.GetValueOrDefault(name, absent);

    /// <summary>Mean over seeds.</summary>
    public double Mean => Seeds.Average();
}
