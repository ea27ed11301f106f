using Bench.Data;
using Bench.Domain.Leasing;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Features.Status;

/// <summary>Whether the service is well, for people; <c>/readyz</c> says the same to machines.</summary>
internal sealed class StatusQuery(IDbContextFactory<BenchDbContext> contexts, LeaseTerms terms, TimeProvider clock)
{
    /// <summary>Every check with what it saw.</summary>
    public async Task<IReadOnlyList<HealthCheck>> ReadAsync(CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var now = clock.Now();
        var overdue = now - terms.Expiry - TimeSpan.FromMinutes(2);
        var stuck = await db.Jobs.CountAsync(job => (job.State == JobState.Leased || job.State == JobState.Running) && job.LeaseExpiresAt < overdue, cancellation);
        var waiting = await db.Jobs.CountAsync(job => job.State == JobState.Queued, cancellation);
        var seen = await db.Agents.Where(agent => agent.State == AgentState.Active).MaxAsync(agent => agent.LastSeenAt, cancellation);
        var quarantined = await db.Agents.CountAsync(agent => agent.State == AgentState.Quarantined, cancellation);
        var newest = await db.Runs.MaxAsync(run => (DateTime?)run.ReceivedAt, cancellation);
        var online = seen is { } at && now - at < TimeSpan.FromMinutes(2);
        return
        [
            new HealthCheck("Database", true, $"{db.Kind} answers"),
            new HealthCheck("Leases", stuck == 0, stuck == 0 ? "no overdue lease" : $"{stuck} leases were not swept for two minutes; restart the site"),
            new HealthCheck("Agents", online || waiting == 0, online ? "at least one agent is online" : waiting == 0 ? "no agent is online, and nothing waits for one" : $"no agent is online for {waiting} waiting cells; run './bench agent run'"),
            new HealthCheck("Quarantine", quarantined == 0, quarantined == 0 ? "no agent is quarantined" : $"{quarantined} agents are quarantined; the agents page says why"),
            new HealthCheck("Results", true, newest is { } last ? $"newest result {Components.Format.Show.Span(now - last)} ago" : "no result yet"),
        ];
    }
}
