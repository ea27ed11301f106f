using System.Text.Json;
using Bench.Data.Rows;
using Bench.Domain.Leasing;
using Bench.Domain.Protocol;
using Microsoft.EntityFrameworkCore;

namespace Bench.Data.Queue;

/// <summary>
/// The one statement that gives a waiting job away: the first in order of priority and turn that the agent can run. It is the only SQL that
/// differs between the databases. It must agree with <see cref="JobMachine.Claim"/>; a test compares them.
/// </summary>
internal static class ClaimStatement
{
    /// <summary>Takes one job for the agent and notes the attempt. What the agent offers is read from its own row.</summary>
    /// <returns>The job after the claim, or null when nothing that fits is waiting.</returns>
    public static Task<TakenJob?> RunAsync(
        BenchDbContext db, string agentId, AttemptRow attempt, LeaseTerms terms, CancellationToken cancellation) =>
        db.Kind == DatabaseKind.Postgres
            ? OnPostgresAsync(db, agentId, attempt, terms, cancellation)
            : OnSqliteAsync(db, agentId, attempt, terms, cancellation);

    /// <summary>Job and attempt in one statement: one round trip, and no lock is held between two of them.</summary>
    private static async Task<TakenJob?> OnPostgresAsync(
        BenchDbContext db, string agentId, AttemptRow attempt, LeaseTerms terms, CancellationToken cancellation)
    {
        var now = attempt.LeasedAt;
        var expiry = now + terms.Expiry;
        var minimum = terms.MinimumHardLimit.TotalSeconds;
        // The scalar subqueries run once for the statement, not once for each waiting job. Columns are named one by one: a prepared statement
        // with a star would break when a newer version of the site adds a column.
        var rows = await db.Database.SqlQuery<TakenJob>(
            $"""
            with taken as (
              update jobs set state = 'leased', attempts = attempts + 1, version = version + 1, attempt_id = {attempt.Id}, agent_id = {agentId},
                leased_at = {now}, lease_expires_at = {expiry},
                hard_limit_at = {now} + make_interval(secs => greatest({minimum}, 3 * estimated_seconds))
              where id = (
                select id from jobs
                where state = 'queued' and 'active' = (select state from agents where id = {agentId})
                  and device = (select device from agents where id = {agentId}) and not_before <= {now}
                  and min_memory_bytes <= (select memory_bytes from agents where id = {agentId})
                  and dtype = any((select dtypes from agents where id = {agentId})::text[])
                  and implementation = any((select implementations from agents where id = {agentId})::text[])
                  and task = any((select tasks from agents where id = {agentId})::text[])
                  and (avoid_agent_id is null or avoid_agent_id <> {agentId})
                order by priority desc, turn, id limit 1 for update skip locked)
              returning id, attempts, lease_expires_at, hard_limit_at, suite, cell_id, seed, budget),
            noted as (
              insert into attempts (id, job_id, number, agent_id, token_hash, state, leased_at, phase, progress)
              select {attempt.Id}, id, attempts, {agentId}, {attempt.TokenHash}, 'active', {now}, '', 0 from taken)
            select id as "Id", attempts as "Attempts", lease_expires_at as "LeaseExpiresAt", hard_limit_at as "HardLimitAt", suite as "Suite",
              cell_id as "CellId", seed as "Seed", budget::text as "Budget" from taken
            """).ToListAsync(cancellation);
        return rows.SingleOrDefault();
    }

    private static async Task<TakenJob?> OnSqliteAsync(
        BenchDbContext db, string agentId, AttemptRow attempt, LeaseTerms terms, CancellationToken cancellation)
    {
        var now = attempt.LeasedAt;
        var expiry = now + terms.Expiry;
        var minimum = terms.MinimumHardLimit.TotalSeconds;
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var rows = await db.Jobs.FromSql(
            $"""
            update jobs set state = 'leased', attempts = attempts + 1, version = version + 1, attempt_id = {attempt.Id}, agent_id = {agentId},
              leased_at = {now}, lease_expires_at = {expiry},
              hard_limit_at = strftime('%Y-%m-%d %H:%M:%f', {now}, '+' || max({minimum}, 3 * estimated_seconds) || ' seconds')
            where id = (
              select id from jobs
              where state = 'queued' and 'active' = (select state from agents where id = {agentId})
                and device = (select device from agents where id = {agentId}) and not_before <= {now}
                and min_memory_bytes <= (select memory_bytes from agents where id = {agentId})
                and dtype in (select value from json_each((select dtypes from agents where id = {agentId})))
                and implementation in (select value from json_each((select implementations from agents where id = {agentId})))
                and task in (select value from json_each((select tasks from agents where id = {agentId})))
                and (avoid_agent_id is null or avoid_agent_id <> {agentId})
              order by priority desc, turn, id limit 1)
            returning *
            """).AsNoTracking().ToListAsync(cancellation);
        if (rows.SingleOrDefault() is not { } job)
        {
            return null;
        }

        (attempt.JobId, attempt.Number) = (job.Id, job.Attempts);
        db.Attempts.Add(attempt);
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return new TakenJob
        {
            Id = job.Id,
            Attempts = job.Attempts,
            LeaseExpiresAt = job.LeaseExpiresAt!.Value,
            HardLimitAt = job.HardLimitAt!.Value,
            Suite = job.Suite,
            CellId = job.CellId,
            Seed = job.Seed,
            Budget = JsonSerializer.Serialize(job.Budget, WireJson.Strict),
        };
    }
}

/// <summary>A job as the claim left it, as far as its agent has to know it.</summary>
internal sealed class TakenJob
{
    /// <summary>Job.</summary>
    public required string Id { get; init; }

    /// <summary>Leases so far, with this one.</summary>
    public required int Attempts { get; init; }

    /// <summary>When the lease is lost without a heartbeat.</summary>
    public required DateTime LeaseExpiresAt { get; init; }

    /// <summary>When it ends whatever the heartbeats say.</summary>
    public required DateTime HardLimitAt { get; init; }

    /// <summary>Suite that asked for it.</summary>
    public required string Suite { get; init; }

    /// <summary>Cell.</summary>
    public required int CellId { get; init; }

    /// <summary>Seed.</summary>
    public required int Seed { get; init; }

    /// <summary>How much effort to spend, as a JSON document.</summary>
    public required string Budget { get; init; }
}
