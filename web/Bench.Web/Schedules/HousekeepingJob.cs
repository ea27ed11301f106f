using Bench.Data;
using Bench.Data.Exports;
using Microsoft.EntityFrameworkCore;
using Quartz;

namespace Bench.Web.Schedules;

/// <summary>Forgets what is no longer needed: replayable answers after three days, codes a day after they ended, fires after 90 days, exports after one.</summary>
[Schedule("0 30 3 * * ?", "Forget old codes, answers and fires"), DisallowConcurrentExecution]
internal sealed class HousekeepingJob(BenchDbContext db, ExportStore exports, ScheduleLog log, TimeProvider clock) : IJob
{
    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) =>
        await log.RunAsync("Housekeeping", context.ScheduledFireTimeUtc ?? context.FireTimeUtc, () => CleanAsync(cancellationToken), cancellationToken);

    private async Task<string> CleanAsync(CancellationToken cancellation)
    {
        var now = clock.Now();
        var (answersBefore, codesBefore, firesBefore) = (now.AddDays(-3), now.AddDays(-1), now.AddDays(-90));
        var answers = await db.Idempotency.Where(row => row.CreatedAt < answersBefore).ExecuteDeleteAsync(cancellation);
        var codes = await db.EnrollmentCodes.Where(row => row.ExpiresAt < codesBefore).ExecuteDeleteAsync(cancellation);
        var fires = await db.ScheduleFires.Where(row => row.DueAt < firesBefore).ExecuteDeleteAsync(cancellation);
        var files = await exports.ForgetAsync(cancellation);
        return $"Forgot {answers} answers, {codes} codes, {fires} fires and {files} exports.";
    }
}
