using Bench.Data;
using Bench.Data.Rows;
using Bench.Domain.Leasing;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Web.Features.Agents;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Features.Queue;

/// <summary>What waits, what runs, and why something waits.</summary>
internal sealed class QueueQuery(IDbContextFactory<BenchDbContext> contexts, TimeProvider clock)
{
    private const int Shown = 200;

    /// <summary>The queue in the order in which it is served.</summary>
    public async Task<QueueView> ReadAsync(CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var now = clock.Now();
        var agents = await db.Agents.AsNoTracking().Where(row => row.State != AgentState.Retired).ToListAsync(cancellation);
        var counts = await db.Jobs.GroupBy(row => row.State).Select(group => new { group.Key, Count = group.Count() })
            .ToDictionaryAsync(row => row.Key, row => row.Count, cancellation);
        // Index ix_jobs_waiting.
        var waiting = await db.Jobs.AsNoTracking().Where(row => row.State == JobState.Queued)
            .OrderByDescending(row => row.Priority).ThenBy(row => row.Turn).ThenBy(row => row.Id).Take(Shown)
            .Join(db.Cells, job => job.CellId, cell => cell.Id, (job, cell) => new { job, cell }).ToListAsync(cancellation);
        waiting = [.. waiting.OrderByDescending(row => row.job.Priority).ThenBy(row => row.job.Turn).ThenBy(row => row.job.Id, StringComparer.Ordinal)];
        // Index ix_jobs_leased.
        var running = await db.Jobs.AsNoTracking().Where(row => row.State == JobState.Leased || row.State == JobState.Running)
            .Join(db.Cells, job => job.CellId, cell => cell.Id, (job, cell) => new { job, cell })
            .Join(db.Attempts, row => row.job.AttemptId, attempt => attempt.Id, (row, attempt) => new { row.job, row.cell, attempt })
            .OrderBy(row => row.attempt.LeasedAt).Take(Shown).ToListAsync(cancellation);
        var finished = await db.Jobs.AsNoTracking()
            .Where(row => (row.State == JobState.Failed || row.State == JobState.Cancelled) && row.FinishedAt != null)
            .OrderByDescending(row => row.FinishedAt).Take(50)
            .Join(db.Cells, job => job.CellId, cell => cell.Id, (job, cell) => new { job, cell }).ToListAsync(cancellation);
        var hands = Math.Max(1, agents.Count(agent => agent.State == AgentState.Active && now - agent.LastSeenAt < TimeSpan.FromMinutes(2)));
        var before = running.Sum(row => row.job.EstimatedSeconds) / 2;
        var queued = new List<WaitingJob>();
        foreach (var row in waiting)
        {
            queued.Add(new WaitingJob(
                queued.Count + 1, row.job.Id, row.job.Suite, row.job.Reason, row.job.Priority, Label(row.cell, row.job), row.job.QueuedAt,
                row.job.Attempts, row.job.EstimatedSeconds, before / hands, WhyWaiting(agents, row.job, now)));
            before += row.job.EstimatedSeconds;
        }

        return new QueueView(
            counts.GetValueOrDefault(JobState.Queued),
            counts.GetValueOrDefault(JobState.Leased) + counts.GetValueOrDefault(JobState.Running),
            counts.GetValueOrDefault(JobState.Succeeded), counts.GetValueOrDefault(JobState.Failed), counts.GetValueOrDefault(JobState.Cancelled),
            [.. running.Select(row => new RunningJob(
                row.job.Id, row.job.Suite, Label(row.cell, row.job), row.attempt.AgentId,
                agents.Find(agent => agent.Id == row.attempt.AgentId)?.Name ?? row.attempt.AgentId, row.attempt.Phase, row.attempt.Progress,
                row.attempt.Message, row.attempt.LeasedAt, row.job.LeaseExpiresAt!.Value, row.job.HardLimitAt!.Value, row.job.CancelRequested))],
            queued,
            [.. finished.Select(row => new EndedJob(
                row.job.Id, row.job.Suite, Label(row.cell, row.job), row.job.State, row.job.FailureClass, row.job.FailureMessage,
                row.job.FailureRemedy, row.job.FinishedAt!.Value, row.job.Attempts))]);
    }

    private static JobLabel Label(CellRow cell, JobRow job) => new(cell.Task, cell.Implementation, cell.Pattern, cell.Length, job.Seed, cell.Key);

    private static string WhyWaiting(List<AgentRow> agents, JobRow job, DateTime now)
    {
        if (agents.Count == 0)
        {
            return "No agent is enrolled yet.";
        }

        var reasons = agents.Select(agent => (agent.Name, Why: AgentsQuery.WhyNot(agent, job, now))).ToList();
        return reasons.Exists(reason => reason.Why is null)
            ? "Waits for its turn."
            : "No agent can take this: " + string.Join("; ", reasons.Take(5).Select(reason => $"{reason.Name}: {reason.Why}")) + ".";
    }
}

/// <summary>The queue.</summary>
internal sealed record QueueView(
    int QueuedCount, int RunningCount, int SucceededCount, int FailedCount, int CancelledCount,
    IReadOnlyList<RunningJob> Running, IReadOnlyList<WaitingJob> Waiting, IReadOnlyList<EndedJob> RecentlyEnded);

/// <summary>What a job runs, in words.</summary>
internal sealed record JobLabel(string Task, string Implementation, AttentionPattern Pattern, int Length, int Seed, string CellKey);

/// <summary>A job that waits; <paramref name="StartsInSeconds"/> is a rough guess from the estimates of what goes before it.</summary>
internal sealed record WaitingJob(
    int Position, string JobId, string Suite, string Reason, int Priority, JobLabel Label, DateTimeOffset QueuedAt, int Attempts,
    double EstimatedSeconds, double StartsInSeconds, string WhyWaiting);

/// <summary>A job that an agent holds.</summary>
internal sealed record RunningJob(
    string JobId, string Suite, JobLabel Label, string AgentId, string AgentName, string Phase, double Progress, string? Message,
    DateTimeOffset LeasedAt, DateTimeOffset LeaseExpiresAt, DateTimeOffset HardLimitAt, bool CancelRequested);

/// <summary>A job that ended without a number.</summary>
internal sealed record EndedJob(
    string JobId, string Suite, JobLabel Label, JobState State, FailureClass? Failure, string? Message, string? Remedy, DateTimeOffset FinishedAt,
    int Attempts);
