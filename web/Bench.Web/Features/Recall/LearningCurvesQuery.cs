using Bench.Data;
using Bench.Domain.Results;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Features.Recall;

/// <summary>Reads what accuracy did while models were trained.</summary>
internal sealed class LearningCurvesQuery(IDbContextFactory<BenchDbContext> contexts)
{
    /// <summary>The headline curve of each run that has one, by run.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<CurvePoint>>> ReadAsync(IReadOnlyList<string> runs, CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var rows = await db.Runs.AsNoTracking().Where(row => runs.Contains(row.Id)).Select(row => new { row.Id, row.Detail }).ToListAsync(cancellation);
        return rows.ToDictionary(row => row.Id, row => (IReadOnlyList<CurvePoint>)[.. row.Detail.LearningCurve.Where(point => point.Metric == Metric.Accuracy.Name)], StringComparer.Ordinal);
    }
}
