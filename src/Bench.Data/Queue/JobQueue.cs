using System.Text.Json;
using Bench.Data.Rows;
using Bench.Domain.Leasing;
using Bench.Domain.Protocol;
using Microsoft.EntityFrameworkCore;

namespace Bench.Data.Queue;

/// <summary>Gives jobs to agents, renews their leases and withdraws jobs. Results come in through <see cref="Results.ResultIngest"/>.</summary>
public sealed class JobQueue(BenchDbContext db, TimeProvider clock, LeaseTerms terms)
{
    /// <summary>Gives the agent the first waiting job that it can run.</summary>
    /// <returns>Null when nothing that fits is waiting, or the agent may not claim.</returns>
    public async Task<Assignment?> ClaimAsync(AgentRow agent, CancellationToken cancellation = default)
    {
        if (agent.State != AgentState.Active)
        {
            return null;
        }

        var now = clock.Now();
        var attemptId = BenchId.New("att", clock);
        var token = Secrets.NewToken();
        var attempt = new AttemptRow
        {
            Id = attemptId,
            JobId = "",
            Number = 0,
            AgentId = agent.Id,
            TokenHash = Secrets.Hash(token),
            State = AttemptState.Active,
            LeasedAt = now,
        };
        if (await ClaimStatement.RunAsync(db, agent.Id, attempt, terms, cancellation) is not { } job)
        {
            return null;
        }

        // A cell never changes, so it need not be read in the statement that took the job.
        var cell = await db.Cells.AsNoTracking().SingleAsync(row => row.Id == job.CellId, cancellation);
        return new Assignment
        {
            AttemptId = attemptId,
            JobId = job.Id,
            LeaseToken = token,
            LeaseExpiresAt = job.LeaseExpiresAt,
            HeartbeatSeconds = (int)terms.Heartbeat.TotalSeconds,
            HardLimitSeconds = (int)(job.HardLimitAt - now).TotalSeconds,
            Suite = job.Suite,
            Cell = cell.ToCell(),
            Seed = job.Seed,
            Budget = JsonSerializer.Deserialize<SortedDictionary<string, string>>(job.Budget, WireJson.Lenient)!,
        };
    }

    /// <summary>Whether anything waits for this kind of device: a read without locks, for agents that look again and again.</summary>
    public Task<bool> HasWorkAsync(AgentRow agent, CancellationToken cancellation = default)
    {
        var now = clock.Now();
        // Index ix_jobs_waiting.
        return db.Jobs.AnyAsync(job => job.State == JobState.Queued && job.Device == agent.Device && job.NotBefore <= now, cancellation);
    }

    /// <summary>Renews a lease.</summary>
    /// <returns>Null with the reason when the sender does not hold it.</returns>
    public Task<(HeartbeatAnswer? Answer, string Refusal)> RenewAsync(
        string attemptId, string agentId, Heartbeat heartbeat, CancellationToken cancellation = default) =>
        db.RetryAsync(() => TryRenewAsync(attemptId, agentId, heartbeat, cancellation));

    /// <summary>Withdraws a job.</summary>
    /// <returns>The state afterwards; null when there is no such job.</returns>
    public Task<JobState?> CancelAsync(string jobId, string actor, CancellationToken cancellation = default) =>
        db.RetryAsync(() => TryCancelAsync(jobId, actor, cancellation));

    private async Task<(HeartbeatAnswer? Answer, string Refusal)> TryRenewAsync(
        string attemptId, string agentId, Heartbeat heartbeat, CancellationToken cancellation)
    {
        var attempt = await db.Attempts.SingleOrDefaultAsync(row => row.Id == attemptId, cancellation);
        if (attempt is null || attempt.AgentId != agentId || !Secrets.Matches(heartbeat.LeaseToken, attempt.TokenHash))
        {
            return (null, $"Attempt {attemptId} was not given to this agent with this lease token.");
        }

        var now = clock.Now();
        var job = await db.Jobs.SingleAsync(row => row.Id == attempt.JobId, cancellation);
        if (JobMachine.Renew(job.ToSnapshot(), attemptId, now, terms) is not { } renewed)
        {
            return (null, WhyLost(attempt, job));
        }

        job.Apply(renewed, now);
        attempt.StartedAt ??= now;
        attempt.LastHeartbeatAt = now;
        attempt.Phase = heartbeat.Phase;
        attempt.Progress = heartbeat.Progress;
        attempt.Message = heartbeat.Message;
        await db.SaveChangesAsync(cancellation);
        return (new HeartbeatAnswer(renewed.Lease!.ExpiresAt, renewed.CancelRequested), "");
    }

    private async Task<JobState?> TryCancelAsync(string jobId, string actor, CancellationToken cancellation)
    {
        var job = await db.Jobs.SingleOrDefaultAsync(row => row.Id == jobId, cancellation);
        if (job is null || JobMachine.Cancel(job.ToSnapshot(), actor) is not { } cancelled)
        {
            return job?.State;
        }

        var now = clock.Now();
        job.Apply(cancelled, now);
        db.Audit.Add(new AuditRow
        {
            Id = BenchId.New("aud", clock),
            At = now,
            Actor = actor,
            Action = "job.cancelled",
            Subject = jobId,
        });
        await db.SaveChangesAsync(cancellation);
        return job.State;
    }

    private static string WhyLost(AttemptRow attempt, JobRow job) => job switch
    {
        { State: JobState.Succeeded } => $"Job {job.Id} has a result of attempt {job.FinalAttemptId} already.",
        { AttemptId: { } other } when other != attempt.Id => $"The lease of attempt {attempt.Id} ended and its job was given to another agent.",
        { AttemptId: not null } => $"The lease of attempt {attempt.Id} expired at {job.LeaseExpiresAt:yyyy-MM-dd HH:mm:ss}Z.",
        _ => $"The lease of attempt {attempt.Id} has ended; its job is {job.State.ToString().ToLowerInvariant()}.",
    };
}
