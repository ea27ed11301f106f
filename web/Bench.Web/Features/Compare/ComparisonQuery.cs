using Bench.Data;
using Bench.Data.Rows;
using Bench.Domain.Results;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;

namespace Bench.Web.Features.Compare;

/// <summary>Reads two sets of runs and compares them cell by cell, in at most six commands.</summary>
internal sealed class ComparisonQuery(IDbContextFactory<BenchDbContext> contexts, IMemoryCache cache)
{
    private const int MostRuns = 20_000;
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    /// <summary>The comparison for a filter; a side that cannot be understood becomes <see cref="ComparisonView.Mistake"/>.</summary>
    public async Task<ComparisonView> ReadAsync(ComparisonFilter filter, CancellationToken cancellation = default)
    {
        if (!ComparisonSide.TryParse(filter.A, out var a, out var mistakeA))
        {
            return new ComparisonView { Filter = filter, Mistake = $"A: {mistakeA}" };
        }

        if (!ComparisonSide.TryParse(filter.B, out var b, out var mistakeB))
        {
            return new ComparisonView { Filter = filter, Mistake = $"B: {mistakeB}" };
        }

        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var environments = await EnvironmentsAsync(db, cancellation);
        var (runsA, runsB) = (await RunsAsync(db, a, environments, cancellation), await RunsAsync(db, b, environments, cancellation));
        var ids = runsA.Concat(runsB).Select(run => run.CellId).Distinct().ToList();
        var cells = await db.Cells.AsNoTracking().Where(cell => ids.Contains(cell.Id)).ToDictionaryAsync(cell => cell.Id, cancellation);
        var pairing = Pairing.Of(a, b, runsA, runsB, cells, filter with { A = a.ToString(), B = b.ToString() }, environments);
        var chosen = pairing.Runs;
        var metrics = await db.RunMetrics.AsNoTracking().Where(row => chosen.Contains(row.RunId)).ToListAsync(cancellation);
        return pairing.Judge(metrics, cache);
    }

    /// <summary>Facts by hash; a few thousand rows that hardly change.</summary>
    private async Task<Dictionary<string, RunEnvironment>> EnvironmentsAsync(BenchDbContext db, CancellationToken cancellation) =>
        (await cache.GetOrCreateAsync($"{nameof(ComparisonQuery)}|environments", async entry =>
        {
            entry.AbsoluteExpirationRelativeToNow = Lifetime;
            return await db.Environments.AsNoTracking().ToDictionaryAsync(row => row.Hash, row => row.Facts, cancellation);
        }))!;

    /// <summary>Runs of a side, the newest first. Index ix_runs_latest, or those over cell, agent or environment.</summary>
    private static async Task<IReadOnlyList<SideRun>> RunsAsync(
        BenchDbContext db, ComparisonSide side, Dictionary<string, RunEnvironment> environments, CancellationToken cancellation)
    {
        var runs = db.Runs.AsNoTracking();
        if (side.IsLatest)
        {
            runs = runs.Where(run => run.IsLatest);
        }

        if (side.Commit is { } commit)
        {
            var hashes = environments.Where(pair => pair.Value.GetValueOrDefault("git.commit", "").StartsWith(commit, StringComparison.OrdinalIgnoreCase))
                .Select(pair => pair.Key).ToList();
            runs = runs.Where(run => hashes.Contains(run.EnvironmentHash));
        }

        if (side.Environment is { } environment)
        {
            runs = runs.Where(run => run.ComparabilityKey == environment);
        }

        if (side.Agent is { } agent)
        {
            runs = runs.Where(run => db.Agents.Any(row => row.Id == run.AgentId && row.Name == agent));
        }

        if (side.Since is { } since)
        {
            var from = since.UtcDateTime;
            runs = runs.Where(run => run.ReceivedAt >= from);
        }

        if (side.Until is { } until)
        {
            var to = until.UtcDateTime;
            runs = runs.Where(run => run.ReceivedAt < to);
        }

        var cells = Cells(db, side);
        return await runs.Where(run => cells.Any(cell => cell.Id == run.CellId))
            .OrderByDescending(run => run.Id).Take(MostRuns)
            .Select(run => new SideRun(
                run.Id, run.CellId, run.Seed, run.ComparabilityKey, run.EnvironmentHash, run.BuildHash, run.Outcome, run.FailureClass, run.FailureMessage,
                run.ReceivedAt))
            .ToListAsync(cancellation);
    }

    private static IQueryable<CellRow> Cells(BenchDbContext db, ComparisonSide side)
    {
        var cells = db.Cells.AsNoTracking();
        if (side.Implementation is { } implementation)
        {
            cells = cells.Where(cell => cell.Implementation == implementation);
        }

        if (side.Mechanism is { } mechanism)
        {
            cells = cells.Where(cell => cell.Mechanism == mechanism);
        }

        if (side.Dtype is { } dtype)
        {
            cells = cells.Where(cell => cell.Dtype == dtype);
        }

        return cells;
    }
}

/// <summary>A run that fits a side.</summary>
internal sealed record SideRun(
    string Id, int CellId, int Seed, string Key, string EnvironmentHash, string BuildHash, Outcome Outcome, FailureClass? FailureClass, string? FailureMessage,
    DateTime ReceivedAt);
