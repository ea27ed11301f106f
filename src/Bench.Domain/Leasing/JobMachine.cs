using System.Globalization;
using Bench.Domain.Results;

namespace Bench.Domain.Leasing;

/// <summary>
/// The moves of a job, without clock, chance or storage: each takes the job as it stands and answers with the job as it shall stand. The server
/// writes the answer only if the job has not changed meanwhile. Drawn and argued in <c>docs/queue.md</c>.
/// </summary>
public static class JobMachine
{
    /// <summary>An agent takes the job.</summary>
    /// <returns>Null when it is not waiting, is not due yet, or must not go to this agent.</returns>
    public static JobSnapshot? Claim(JobSnapshot job, string attemptId, string agentId, DateTimeOffset now, LeaseTerms terms)
    {
        if (job.State != JobState.Queued || job.NotBefore > now || job.AvoidAgentId == agentId)
        {
            return null;
        }

        return job with
        {
            State = JobState.Leased,
            Attempts = job.Attempts + 1,
            Lease = new LeaseSnapshot(attemptId, agentId, now, now + terms.Expiry, now + terms.HardLimit(job.EstimatedSeconds)),
        };
    }

    /// <summary>The holder reports that it is alive.</summary>
    /// <returns>Null when the attempt holds the lease no more: it expired, ran into its hard limit, or the job ended otherwise.</returns>
    public static JobSnapshot? Renew(JobSnapshot job, string attemptId, DateTimeOffset now, LeaseTerms terms)
    {
        if (job.Lease is not { } lease || lease.AttemptId != attemptId || now >= lease.ExpiresAt || now >= lease.HardLimitAt)
        {
            return null;
        }

        return job with { State = JobState.Running, Lease = lease with { ExpiresAt = now + terms.Expiry } };
    }

    /// <summary>An attempt of this job, live or long expired, brings its result.</summary>
    public static ResultDecision Finish(JobSnapshot job, string attemptId, string agentId, Outcome outcome, Failure? failure, DateTimeOffset now)
    {
        var holdsLease = job.Lease?.AttemptId == attemptId;
        var late = !holdsLease || now >= job.Lease!.ExpiresAt || now >= job.Lease.HardLimitAt;
        if (job.State == JobState.Succeeded)
        {
            return new ResultDecision(job, ResultVerdict.Superseded, late);
        }

        if (outcome == Outcome.Succeeded)
        {
            var succeeded = job with { State = JobState.Succeeded, Lease = null, Failure = null, FinalAttemptId = attemptId };
            return new ResultDecision(succeeded, ResultVerdict.Counts, late);
        }

        var reason = failure ?? new Failure(FailureClass.Infrastructure, "The agent gave no reason.", "Look at the log of the run.");
        if (job.IsFinal || (job.Lease is not null && !holdsLease))
        {
            // Another attempt is at work, or the job was given up: a failure that comes late changes nothing.
            return new ResultDecision(job, ResultVerdict.Recorded, late);
        }

        if (!holdsLease)
        {
            return LateFailure(job, attemptId, reason);
        }

        var next = AfterFailure(job with { Lease = null }, attemptId, agentId, reason, now);
        return new ResultDecision(next, next.State == JobState.Failed ? ResultVerdict.Counts : ResultVerdict.Recorded, late);
    }

    /// <summary>Time has passed.</summary>
    /// <returns>Null when the job is final or its deadline is not reached.</returns>
    public static JobSnapshot? Expire(JobSnapshot job, DateTimeOffset now, LeaseTerms terms)
    {
        if (job.Deadline(terms) is not { } deadline || now < deadline)
        {
            return null;
        }

        if (job.Lease is not { } lease)
        {
            return job with
            {
                State = JobState.Cancelled,
                Failure = job.Failure ?? new Failure(
                    FailureClass.Cancelled,
                    $"No agent took the job for {Words(terms.QueueLimit)}.",
                    "Enrol an agent whose device, memory and types fit, and queue the suite again; the job's page says what it needs."),
            };
        }

        var reason = now >= lease.HardLimitAt
            ? new Failure(
                FailureClass.Timeout,
                $"The attempt did not end within its hard limit of {Words(lease.HardLimitAt - lease.LeasedAt)}.",
                "This is recorded as the cell's limit. Raise its estimate in the suite if it should get more time.")
            : new Failure(
                FailureClass.AgentLost,
                $"No heartbeat came from the agent before {lease.ExpiresAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z.",
                "The job is given to another agent. If this repeats, run 'bench agent doctor' on the machine.");
        return AfterFailure(job with { Lease = null }, lease.AttemptId, lease.AgentId, reason, now);
    }

    /// <summary>The holder started anew and says that it holds nothing: its lease need not run out first.</summary>
    /// <returns>Null when the agent does not hold the job.</returns>
    public static JobSnapshot? Abandon(JobSnapshot job, string agentId, DateTimeOffset now)
    {
        if (job.Lease is not { } lease || lease.AgentId != agentId)
        {
            return null;
        }

        var reason = new Failure(
            FailureClass.AgentLost, "The agent was started anew and does not work on the attempt any more.", "The job is queued again; no action needed.");
        return AfterFailure(job with { Lease = null }, lease.AttemptId, lease.AgentId, reason, now);
    }

    /// <summary>Somebody withdraws the job: at once while it waits, with the next heartbeat while an agent holds it.</summary>
    /// <returns>Null when it is final already.</returns>
    public static JobSnapshot? Cancel(JobSnapshot job, string actor)
    {
        if (job.IsFinal)
        {
            return null;
        }

        return job.State == JobState.Queued ? Withdrawn(job, actor) : job with { CancelRequested = true };
    }

    /// <summary>
    /// The job waits for its next attempt, and its lost lease was charged already. A failure that is itself a result ends it; one that would be
    /// repeated is being repeated.
    /// </summary>
    private static ResultDecision LateFailure(JobSnapshot job, string attemptId, Failure failure)
    {
        if (failure.Class == FailureClass.Cancelled || RetryRule.MaxAttempts(failure.Class) > 1)
        {
            return new ResultDecision(job, ResultVerdict.Recorded, true);
        }

        var failed = job with { State = JobState.Failed, Charged = Math.Max(1, job.Charged), Failure = failure, FinalAttemptId = attemptId };
        return new ResultDecision(failed, ResultVerdict.Counts, true);
    }

    private static JobSnapshot AfterFailure(JobSnapshot job, string attemptId, string agentId, Failure failure, DateTimeOffset now)
    {
        if (job.CancelRequested)
        {
            return Withdrawn(job, "a maintainer");
        }

        if (failure.Class == FailureClass.Cancelled)
        {
            // The agent gave the job back by itself, because it stops. Nobody is to blame.
            return job with { State = JobState.Queued, Failure = failure };
        }

        var charged = job.Charged + 1;
        if (!RetryRule.Retries(failure.Class, charged))
        {
            return job with { State = JobState.Failed, Charged = charged, Failure = failure, FinalAttemptId = attemptId };
        }

        // Without a pause the job keeps its time: one that this clock, should it be wrong, calls the present would hold it back later.
        var pause = RetryRule.Delay(failure.Class, charged);
        return job with
        {
            State = JobState.Queued,
            Charged = charged,
            NotBefore = pause > TimeSpan.Zero ? now + pause : job.NotBefore,
            Failure = failure,
            AvoidAgentId = failure.Class == FailureClass.Crashed ? agentId : job.AvoidAgentId,
        };
    }

    private static JobSnapshot Withdrawn(JobSnapshot job, string actor) => job with
    {
        State = JobState.Cancelled,
        Failure = new Failure(FailureClass.Cancelled, $"Withdrawn by {actor}.", "No action needed."),
    };

    private static string Words(TimeSpan span) => span.TotalDays >= 2
        ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalDays:0} days")
        : string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0} s");
}

/// <summary>What a result does to its job.</summary>
public enum ResultVerdict
{
    /// <summary>It decides the job and is the cell's newest number or failure.</summary>
    Counts,

    /// <summary>It is kept, but the job goes on without it.</summary>
    Recorded,

    /// <summary>Another attempt succeeded first; it is refused.</summary>
    Superseded,
}

/// <summary>Answer to a result.</summary>
/// <param name="Job">The job afterwards.</param>
/// <param name="Verdict">What the result did.</param>
/// <param name="Late">Whether the lease had ended before.</param>
public sealed record ResultDecision(JobSnapshot Job, ResultVerdict Verdict, bool Late);
