using Bench.Data;
using Bench.Data.Changes;
using Bench.Data.Rows;
using Microsoft.EntityFrameworkCore;
using Quartz;

namespace Bench.Web.Schedules;

/// <summary>Searches every history that grew since the last search for changes of level.</summary>
[Schedule("0 30 5 * * ?", "Search histories for changes of level"), DisallowConcurrentExecution]
internal sealed class ChangeSearchJob(BenchDbContext db, ChangeSearch search, ScheduleLog log) : IJob
{
    /// <summary>Name of the schedule.</summary>
    public const string Name = "ChangeSearch";

    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) =>
        await RunAsync(context.ScheduledFireTimeUtc ?? context.FireTimeUtc, cancellationToken);

    /// <summary>Searches and notes the fire.</summary>
    internal async Task RunAsync(DateTimeOffset due, CancellationToken cancellation)
    {
        // Index (schedule, due_at).
        var since = await db.ScheduleFires.Where(row => row.Schedule == Name && row.Outcome == FireOutcome.Succeeded)
            .MaxAsync(row => row.StartedAt, cancellation);
        await log.RunAsync(Name, due, () => SearchAsync(since, cancellation), cancellation);
    }

    private async Task<string> SearchAsync(DateTime? since, CancellationToken cancellation)
    {
        var result = await search.RunAsync(since, cancellation);
        return $"{result.Histories} {(result.Histories == 1 ? "history" : "histories")} judged, {result.Found} new {(result.Found == 1 ? "change" : "changes")}, {result.Withdrawn} withdrawn.";
    }
}
