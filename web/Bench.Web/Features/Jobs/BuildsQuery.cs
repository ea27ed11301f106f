using Bench.Data;
using Bench.Domain.Leasing;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Features.Jobs;

/// <summary>Which version of the implementations is the present one.</summary>
internal sealed class BuildsQuery(IDbContextFactory<BenchDbContext> contexts)
{
    /// <summary>
    /// The <c>build.hash</c> of the calling agent, otherwise of the agent that registered last; null when none is known, so that any build counts.
    /// </summary>
    public async Task<string?> NewestAsync(string? agentId, CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var builds = db.Agents.Where(row => row.BuildHash != "" && row.State != AgentState.Retired);
        return await builds.Where(row => row.Id == agentId).Select(row => row.BuildHash).FirstOrDefaultAsync(cancellation)
            ?? await builds.OrderByDescending(row => row.RegisteredAt).Select(row => row.BuildHash).FirstOrDefaultAsync(cancellation);
    }
}
