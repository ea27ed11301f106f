using Bench.Data;
using Bench.Domain.Analysis;
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
            one.cell.Task, SeriesName.Of(one.cell), one.cell.Implementation, one.cell.Parameters.GetValueOrDefault("backbone", ""), one.row.Metric, one.row.SeedValues))],
            rows.Count == 0 ? null : rows.Max(one => one.row.UpdatedAt));
    }

    /// <summary>
    /// Whether a score belongs to a column of the index: task <c>cab/lstf-ett</c>, metric <c>rouge1</c> and, where the column's task has several, the
    /// parameter <c>backbone</c>. Letters and digits are compared.
    /// </summary>
    public static bool Fits(TaskScore score, CompositionalColumn column) =>
        Plain(score.Task) == Plain("cab" + column.Task) && Plain(score.Metric) == Plain(column.Metric)
        && (score.Backbone.Length == 0 || Plain(score.Backbone) == Plain(column.Backbone));

    private static string Plain(string text) => string.Concat(text.Where(char.IsLetterOrDigit)).ToLowerInvariant();

    /// <summary>What was read.</summary>
    internal sealed record Reading(BoardDefinition Board, IReadOnlyList<EnvironmentGroup> Groups, string? Group, IReadOnlyList<TaskScore> Scores, DateTimeOffset? UpdatedAt);
}

/// <summary>One metric of one entrant on one task.</summary>
/// <param name="Task">Task id.</param>
/// <param name="Series">Implementation with its options.</param>
/// <param name="Implementation">Implementation id.</param>
/// <param name="Backbone">Model around the attention; empty where the task has one only.</param>
/// <param name="Metric">Metric.</param>
/// <param name="Seeds">One number for each seed.</param>
internal sealed record TaskScore(string Task, string Series, string Implementation, string Backbone, string Metric, IReadOnlyList<double> Seeds);
