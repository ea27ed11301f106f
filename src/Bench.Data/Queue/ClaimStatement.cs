using System.Text.Json;
using Bench.Data.Rows;
using Bench.Domain.Leasing;
using Microsoft.EntityFrameworkCore;

namespace Bench.Data.Queue;

/// <summary>
/// The one statement that gives a waiting job away: the first in order of priority and turn that the agent can run. It is the only SQL that
/// differs between the databases. It must agree with <see cref="JobMachine.Claim"/>; a test compares them.
/// </summary>
internal static class ClaimStatement
{
    /// <summary>Takes one job for the agent.</summary>
    /// <returns>The job's row after the claim, or null when nothing that fits is waiting.</returns>
    public static async Task<JobRow?> RunAsync(
        BenchDbContext db, AgentRow agent, string attemptId, DateTime now, LeaseTerms terms, CancellationToken cancellation)
    {
        var expiry = now + terms.Expiry;
        var minimum = terms.MinimumHardLimit.TotalSeconds;
        var query = db.Kind == DatabaseKind.Postgres
            ? db.Jobs.FromSql(
                $"""
                update jobs set state = 'leased', attempts = attempts + 1, version = version + 1, attempt_id = {attemptId}, agent_id = {agent.Id},
                  leased_at = {now}, lease_expires_at = {expiry},
                  hard_limit_at = {now} + make_interval(secs => greatest({minimum}, 3 * estimated_seconds))
                where id = (
                  select id from jobs
                  where state = 'queued' and device = {agent.Device} and not_before <= {now} and min_memory_bytes <= {agent.MemoryBytes}
                    and dtype = any({agent.Dtypes}) and implementation = any({agent.Implementations}) and task = any({agent.Tasks})
                    and (avoid_agent_id is null or avoid_agent_id <> {agent.Id})
                  order by priority desc, turn, id limit 1 for update skip locked)
                returning *
                """)
            : db.Jobs.FromSql(
                $"""
                update jobs set state = 'leased', attempts = attempts + 1, version = version + 1, attempt_id = {attemptId}, agent_id = {agent.Id},
                  leased_at = {now}, lease_expires_at = {expiry},
                  hard_limit_at = strftime('%Y-%m-%d %H:%M:%f', {now}, '+' || max({minimum}, 3 * estimated_seconds) || ' seconds')
                where id = (
                  select id from jobs
                  where state = 'queued' and device = {agent.Device} and not_before <= {now} and min_memory_bytes <= {agent.MemoryBytes}
                    and dtype in (select value from json_each({Json(agent.Dtypes)}))
                    and implementation in (select value from json_each({Json(agent.Implementations)}))
                    and task in (select value from json_each({Json(agent.Tasks)}))
                    and (avoid_agent_id is null or avoid_agent_id <> {agent.Id})
                  order by priority desc, turn, id limit 1)
                returning *
                """);
        return (await query.AsNoTracking().ToListAsync(cancellation)).SingleOrDefault();
    }

    private static string Json(List<string> values) => JsonSerializer.Serialize(values);
}
