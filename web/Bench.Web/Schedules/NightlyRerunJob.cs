using Bench.Data;
using Bench.Data.Queue;
using Bench.Domain.Protocol;
using Bench.Web.Features.Jobs;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Quartz;

namespace Bench.Web.Schedules;

/// <summary>Queues every suite again, so that numbers stay fresh and changes are noticed.</summary>
[Schedule("0 0 2 * * ?", "Run every suite again"), DisallowConcurrentExecution]
internal sealed class NightlyRerunJob(
    BenchDbContext db, SuiteStore suites, ScheduleLog log, WorkSignal signal, IOptions<ScheduleOptions> options) : IJob
{
    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) =>
        await log.RunAsync("NightlyRerun", context.ScheduledFireTimeUtc ?? context.FireTimeUtc, () => QueueAsync(cancellationToken), cancellationToken);

    /// <summary>Queues the suites.</summary>
    /// <returns>What was queued, in one line.</returns>
    internal async Task<string> QueueAsync(CancellationToken cancellation)
    {
        var names = options.Value.NightlySuites is { Count: > 0 } chosen
            ? chosen
            : await db.Suites.OrderBy(row => row.Name).Select(row => row.Name).ToListAsync(cancellation);
        var lines = new List<string>();
        foreach (var name in names)
        {
            var answer = await suites.EnqueueAsync(new EnqueueRequest(name, SkipFinished: false, Reason: "nightly"), null, cancellation);
            lines.Add(answer is null ? $"{name}: never pushed" : $"{name}: {answer.Queued} queued, {answer.AlreadyQueued} waiting already");
        }

        signal.Set();
        return lines.Count > 0 ? string.Join("; ", lines) + "." : "No suite was pushed yet.";
    }
}
