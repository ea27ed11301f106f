using Bench.Domain.Results;

namespace Bench.Domain.Leasing;

/// <summary>Everything about a job that its transitions depend on.</summary>
public sealed record JobSnapshot
{
    /// <summary>Where it stands.</summary>
    public required JobState State { get; init; }

    /// <summary>When it was queued first; it does not wait longer than <see cref="LeaseTerms.QueueLimit"/> after <see cref="NotBefore"/>.</summary>
    public required DateTimeOffset QueuedAt { get; init; }

    /// <summary>Not given away before this instant.</summary>
    public required DateTimeOffset NotBefore { get; init; }

    /// <summary>Estimated duration in seconds.</summary>
    public double EstimatedSeconds { get; init; } = 5;

    /// <summary>Leases so far.</summary>
    public int Attempts { get; init; }

    /// <summary>Attempts that count against <see cref="RetryRule"/>: those that ended by lost leases, crashes and infrastructure.</summary>
    public int Charged { get; init; }

    /// <summary>The live lease; present exactly in the states leased and running.</summary>
    public LeaseSnapshot? Lease { get; init; }

    /// <summary>Agent that must not get it again, because it crashed there.</summary>
    public string? AvoidAgentId { get; init; }

    /// <summary>Whether somebody asked to withdraw it while an agent held it.</summary>
    public bool CancelRequested { get; init; }

    /// <summary>Last failure; stays visible while the job waits for its next attempt.</summary>
    public Failure? Failure { get; init; }

    /// <summary>The attempt whose result counts.</summary>
    public string? FinalAttemptId { get; init; }

    /// <summary>Whether nothing is expected to happen any more; only a late success can still turn a failure into a success.</summary>
    public bool IsFinal => State is JobState.Succeeded or JobState.Failed or JobState.Cancelled;

    /// <summary>When the sweep must look at the job again; null only in a final state.</summary>
    public DateTimeOffset? Deadline(LeaseTerms terms) => State switch
    {
        JobState.Queued => (NotBefore > QueuedAt ? NotBefore : QueuedAt) + terms.QueueLimit,
        JobState.Leased or JobState.Running => Lease!.ExpiresAt < Lease.HardLimitAt ? Lease.ExpiresAt : Lease.HardLimitAt,
        _ => null,
    };
}

/// <summary>A live lease.</summary>
/// <param name="AttemptId">Attempt that it belongs to.</param>
/// <param name="AgentId">Agent that holds it.</param>
/// <param name="LeasedAt">When it began.</param>
/// <param name="ExpiresAt">When it is lost without a heartbeat.</param>
/// <param name="HardLimitAt">When it ends whatever the heartbeats say.</param>
public sealed record LeaseSnapshot(
    string AttemptId, string AgentId, DateTimeOffset LeasedAt, DateTimeOffset ExpiresAt, DateTimeOffset HardLimitAt);
