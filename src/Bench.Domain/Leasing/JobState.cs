namespace Bench.Domain.Leasing;

/// <summary>Where a queued cell stands. Drawn in <c>docs/queue.md</c>.</summary>
public enum JobState
{
    /// <summary>Waiting for an agent.</summary>
    Queued,

    /// <summary>Given to an agent that has not sent a heartbeat yet.</summary>
    Leased,

    /// <summary>An agent works on it.</summary>
    Running,

    /// <summary>Has a result with numbers. Final.</summary>
    Succeeded,

    /// <summary>Has a result without numbers, or ran out of attempts. Final.</summary>
    Failed,

    /// <summary>Withdrawn. Final.</summary>
    Cancelled,
}
