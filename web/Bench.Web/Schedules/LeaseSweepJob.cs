using Bench.Data.Queue;
using Bench.Web.Features.Jobs;
using Quartz;

namespace Bench.Web.Schedules;

/// <summary>Ends leases and waits that are past their deadline.</summary>
[Schedule("0/5 * * * * ?", "Give lost leases back to the queue", IsRecorded = false), DisallowConcurrentExecution]
internal sealed class LeaseSweepJob(LeaseSweep sweep, WorkSignal signal, ILogger<LeaseSweepJob> log) : IJob
{
    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        var moved = await sweep.RunAsync(cancellationToken);
        if (moved > 0)
        {
            log.LogInformation("{Count} jobs were past their deadline and moved on", moved);
            signal.Set();
        }
    }
}
