using System.Globalization;
using Bench.Data;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Features.Parallel;

/// <summary>Reads what workers that split a sequence sent each other.</summary>
internal sealed class VolumeQuery(IDbContextFactory<BenchDbContext> contexts)
{
    /// <summary>The task that measures it.</summary>
    public const string Task = "parallel/sequence";

    /// <summary>Every measured cell; of several environments the newest, since bytes are the same in each.</summary>
    public async Task<IReadOnlyList<ParallelPoint>> ReadAsync(CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        // Index (task, pattern) of cells, then the cell of cell_summaries.
        var found = await db.Cells.AsNoTracking().Where(cell => cell.Task == Task)
            .Join(db.CellSummaries.AsNoTracking(), cell => cell.Id, summary => summary.CellId, (cell, summary) => new { Cell = cell, Summary = summary })
            .ToListAsync(cancellation);
        return [.. found.GroupBy(one => one.Cell.Id).Select(group =>
            {
                var cell = group.First().Cell;
                double? Value(string metric) => group.Where(one => one.Summary.Metric == metric).Select(one => (double?)one.Summary.Median).LastOrDefault();
                var workers = int.Parse(cell.Parameters.GetValueOrDefault("workers", "4"), CultureInfo.InvariantCulture);
                return new ParallelPoint(
                    SeriesName.Of(cell), cell.Implementation, cell.Length, workers, Value("forwardBytesSent"), Value("backwardBytesSent"),
                    group.Select(one => one.Summary.RunId).Last());
            })
            .OrderBy(point => point.Name, StringComparer.Ordinal).ThenBy(point => point.Workers).ThenBy(point => point.Length)];
    }
}

/// <summary>What one worker sent.</summary>
/// <param name="Name">Implementation with its options.</param>
/// <param name="Implementation">Implementation id.</param>
/// <param name="Length">N, the whole sequence.</param>
/// <param name="Workers">P.</param>
/// <param name="ForwardBytes">Bytes sent in a forward pass.</param>
/// <param name="BackwardBytes">Bytes sent in a backward pass.</param>
/// <param name="RunId">The run.</param>
internal sealed record ParallelPoint(
    string Name, string Implementation, int Length, int Workers, double? ForwardBytes, double? BackwardBytes, string RunId);
