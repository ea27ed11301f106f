using Bench.Data;
using Bench.Data.Queue;
using Bench.Domain.Leasing;
using Microsoft.EntityFrameworkCore;
using Quartz;

namespace Bench.Web.Schedules;

/// <summary>Raises what has waited long, one level for every six hours, so that nothing starves behind newer requests.</summary>
[Schedule("0 10 * * * ?", "Raise what has waited for hours"), DisallowConcurrentExecution]
internal sealed class AgeingJob(BenchDbContext db, ScheduleLog log, TimeProvider clock) : IJob
{
    private const int Level = 10;
    private static readonly TimeSpan LevelAfter = TimeSpan.FromHours(6);

    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) =>
        await log.RunAsync("Ageing", context.ScheduledFireTimeUtc ?? context.FireTimeUtc, () => RaiseAsync(cancellationToken), cancellationToken);

    /// <summary>Raises waiting jobs to the level of their age, at most to that of a person's request.</summary>
    /// <returns>What was raised, in one line.</returns>
    internal async Task<string> RaiseAsync(CancellationToken cancellation)
    {
        var raised = 0;
        var top = SuiteStore.PriorityOf("manual");
        var reasons = await db.Jobs.Where(row => row.State == JobState.Queued && row.Priority < top).Select(row => row.Reason).Distinct().ToListAsync(cancellation);
        foreach (var reason in reasons)
        {
            for (var level = SuiteStore.PriorityOf(reason) + Level; level <= top; level += Level)
            {
                var before = clock.Now() - ((level - SuiteStore.PriorityOf(reason)) / Level * LevelAfter);
                var target = level;
                raised += await db.Jobs
                    .Where(row => row.State == JobState.Queued && row.Reason == reason && row.QueuedAt <= before && row.Priority < target)
                    .ExecuteUpdateAsync(
                        set => set.SetProperty(row => row.Priority, target).SetProperty(row => row.Version, row => row.Version + 1), cancellation);
            }
        }

        return $"Raised {raised} jobs.";
    }
}
