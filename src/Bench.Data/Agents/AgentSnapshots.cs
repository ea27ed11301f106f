using Bench.Data.Rows;
using Bench.Domain.Leasing;
using Microsoft.EntityFrameworkCore;

namespace Bench.Data.Agents;

/// <summary>Between an agent's row and the agent as <see cref="AgentMachine"/> knows it.</summary>
internal static class AgentSnapshots
{
    /// <summary>The agent as it stands.</summary>
    public static AgentSnapshot ToSnapshot(this AgentRow row) => new(row.State, row.StateReason, row.InfrastructureFailures);

    /// <summary>Reads an agent without what it says about itself, which is long.</summary>
    public static Task<AgentSnapshot?> ReadAgentAsync(this BenchDbContext db, string agentId, CancellationToken cancellation) =>
        db.Agents.Where(row => row.Id == agentId)
            .Select(row => new AgentSnapshot(row.State, row.StateReason, row.InfrastructureFailures)).SingleOrDefaultAsync(cancellation);

    /// <summary>Writes a transition.</summary>
    /// <returns>False when the agent has changed since it was read.</returns>
    public static async Task<bool> WriteAgentAsync(
        this BenchDbContext db, string agentId, AgentSnapshot before, AgentSnapshot after, CancellationToken cancellation)
    {
        var (state, reason, failures) = after;
        return await db.Agents
            .Where(row => row.Id == agentId && row.State == before.State && row.InfrastructureFailures == before.InfrastructureFailures)
            .ExecuteUpdateAsync(
                set => set.SetProperty(row => row.State, state).SetProperty(row => row.StateReason, reason)
                    .SetProperty(row => row.InfrastructureFailures, failures),
                cancellation) == 1;
    }
}
