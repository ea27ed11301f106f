using Bench.Data;
using Bench.Domain.Leasing;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Web.Features.Suites;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Features.Home;

/// <summary>What the first page says: how far suites are, what came in last, and whether the service is well.</summary>
internal sealed class HomeQuery(IDbContextFactory<BenchDbContext> contexts, SuitesQuery suites, TimeProvider clock)
{
    /// <summary>The present state.</summary>
    public async Task<HomeView> ReadAsync(CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var online = clock.Now().AddSeconds(-30);
        var agents = await db.Agents.CountAsync(row => row.State != AgentState.Retired, cancellation);
        var present = await db.Agents.CountAsync(row => row.State != AgentState.Retired && row.LastSeenAt > online, cancellation);
        var states = await db.Jobs.Where(row => row.State == JobState.Queued || row.State == JobState.Leased || row.State == JobState.Running)
            .GroupBy(row => row.State).Select(group => new { group.Key, Count = group.Count() }).ToListAsync(cancellation);
        // Index (received_at, id) of runs.
        var recent = await db.Runs.OrderByDescending(row => row.ReceivedAt).ThenByDescending(row => row.Id).Take(10)
            .Join(db.Cells, run => run.CellId, cell => cell.Id, (run, cell) => new { run, cell })
            .OrderByDescending(row => row.run.ReceivedAt).ThenByDescending(row => row.run.Id)
            .Select(row => new RecentRun(
                row.run.Id, row.cell.Task, row.cell.Implementation, row.cell.Pattern, row.cell.Length, row.run.Outcome, row.run.FailureClass,
                row.run.ReceivedAt))
            .ToListAsync(cancellation);
        return new HomeView(
            await db.Implementations.Select(row => row.Mechanism).Distinct().CountAsync(cancellation),
            await db.Implementations.CountAsync(cancellation),
            await db.Tasks.CountAsync(cancellation),
            await db.Runs.CountAsync(cancellation),
            present, agents,
            states.Where(row => row.Key == JobState.Queued).Sum(row => row.Count),
            states.Where(row => row.Key != JobState.Queued).Sum(row => row.Count),
            recent.Count > 0 ? recent[0].ReceivedAt : null,
            await suites.ListAsync(cancellation),
            recent);
    }
}

/// <summary>The first page.</summary>
internal sealed record HomeView(
    int Mechanisms, int Implementations, int Tasks, int Runs, int AgentsOnline, int Agents, int Queued, int Running, DateTimeOffset? LastResultAt,
    IReadOnlyList<SuiteSummary> Suites, IReadOnlyList<RecentRun> Recent);

/// <summary>A result that came in lately.</summary>
internal sealed record RecentRun(
    string Id, string Task, string Implementation, AttentionPattern Pattern, int Length, Outcome Outcome, FailureClass? Failure,
    DateTimeOffset ReceivedAt);
