using Bench.Data.Queue;
using Bench.Web.Features.Jobs;
using Microsoft.Extensions.Options;

namespace Bench.Web.Hosting;

/// <summary>
/// Ends leases and waits that are past their deadline, at every server. By a steady timer and not by the time of day: a clock that is set back must
/// not stop it.
/// </summary>
internal sealed class LeaseSweeper(
    IServiceScopeFactory scopes, WorkSignal signal, IOptions<LeaseOptions> options, TimeProvider clock, ILogger<LeaseSweeper> log) : BackgroundService
{
    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Sweep, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await SweepAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task SweepAsync(CancellationToken cancellation)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var moved = await scope.ServiceProvider.GetRequiredService<LeaseSweep>().RunAsync(cancellation);
            if (moved > 0)
            {
                log.LogInformation("{Count} jobs were past their deadline and moved on", moved);
                signal.Set();
            }
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // The top of a loop that must not end before the server does.
            log.LogWarning(failure, "Overdue leases could not be swept; the next sweep finds them");
        }
    }
}
