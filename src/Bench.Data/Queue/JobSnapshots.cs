using Bench.Data.Rows;
using Bench.Domain.Leasing;
using Bench.Domain.Results;

namespace Bench.Data.Queue;

/// <summary>Between a job's row and the job as <see cref="JobMachine"/> knows it.</summary>
public static class JobSnapshots
{
    /// <summary>The job as it stands.</summary>
    public static JobSnapshot ToSnapshot(this JobRow row) => new()
    {
        State = row.State,
        QueuedAt = row.QueuedAt,
        NotBefore = row.NotBefore,
        EstimatedSeconds = row.EstimatedSeconds,
        Attempts = row.Attempts,
        Charged = row.Charged,
        AvoidAgentId = row.AvoidAgentId,
        CancelRequested = row.CancelRequested,
        FinalAttemptId = row.FinalAttemptId,
        Lease = row.State is JobState.Leased or JobState.Running
            ? new LeaseSnapshot(row.AttemptId!, row.AgentId!, row.LeasedAt!.Value, row.LeaseExpiresAt!.Value, row.HardLimitAt!.Value)
            : null,
        Failure = row.FailureClass is { } failure ? new Failure(failure, row.FailureMessage ?? "", row.FailureRemedy ?? "") : null,
    };

    /// <summary>Writes a transition into the row. Saving it fails when the row changed meanwhile.</summary>
    public static void Apply(this JobRow row, JobSnapshot job, DateTime now)
    {
        row.State = job.State;
        row.NotBefore = job.NotBefore.UtcDateTime;
        row.Attempts = job.Attempts;
        row.Charged = job.Charged;
        row.AvoidAgentId = job.AvoidAgentId;
        row.CancelRequested = job.CancelRequested;
        row.FinalAttemptId = job.FinalAttemptId;
        row.AttemptId = job.Lease?.AttemptId;
        row.AgentId = job.Lease?.AgentId;
        row.LeasedAt = job.Lease?.LeasedAt.UtcDateTime;
        row.LeaseExpiresAt = job.Lease?.ExpiresAt.UtcDateTime;
        row.HardLimitAt = job.Lease?.HardLimitAt.UtcDateTime;
        row.FailureClass = job.Failure?.Class;
        row.FailureMessage = job.Failure?.Message;
        row.FailureRemedy = job.Failure?.Remedy;
        row.FinishedAt = job.IsFinal ? row.FinishedAt ?? now : null;
        row.Version++;
    }
}
