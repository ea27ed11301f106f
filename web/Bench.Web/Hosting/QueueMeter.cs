using System.Diagnostics.Metrics;
using Bench.Data;
using Bench.Domain.Leasing;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Hosting;

/// <summary>Counts the queue for <c>/metrics</c>, every fifteen seconds.</summary>
internal sealed class QueueMeter : BackgroundService
{
    public const string Name = "Bench.Queue";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);
    private readonly Meter _meter = new(Name);
    private readonly IDbContextFactory<BenchDbContext> _contexts;
    private readonly TimeProvider _clock;
    private readonly ILogger<QueueMeter> _log;
    private IReadOnlyList<Measurement<int>> _waiting = [];
    private IReadOnlyList<Measurement<int>> _failures = [];
    private int _leases;
    private double _oldestHeartbeat;
    private double _ingestLag;

    public QueueMeter(IDbContextFactory<BenchDbContext> contexts, TimeProvider clock, ILogger<QueueMeter> log)
    {
        (_contexts, _clock, _log) = (contexts, clock, log);
        _meter.CreateObservableGauge("bench.queue.waiting", () => _waiting, description: "Waiting jobs by priority.");
        _meter.CreateObservableGauge("bench.queue.leased", () => _leases, description: "Jobs that agents hold.");
        _meter.CreateObservableGauge("bench.lease.age", () => _oldestHeartbeat, "s", "Age of the oldest lease that is held.");
        _meter.CreateObservableGauge("bench.failures", () => _failures, description: "Jobs that failed within a day, by class.");
        _meter.CreateObservableGauge("bench.result.age", () => _ingestLag, "s", "Time since the last result was stored.");
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _clock);
        do
        {
            try
            {
                await ReadAsync(stoppingToken);
            }
            catch (Exception failure) when (failure is System.Data.Common.DbException or InvalidOperationException or TimeoutException)
            {
                _log.LogWarning(failure, "The queue could not be counted; /metrics shows the last figures");
            }
        }
        while (await WaitAsync(timer, stoppingToken));
    }

    private async Task ReadAsync(CancellationToken cancellation)
    {
        await using var db = await _contexts.CreateDbContextAsync(cancellation);
        var now = _clock.Now();
        var dayAgo = now.AddDays(-1);
        var waiting = await db.Jobs.Where(row => row.State == JobState.Queued).GroupBy(row => row.Priority)
            .Select(group => new { group.Key, Count = group.Count() }).ToListAsync(cancellation);
        var held = db.Jobs.Where(row => row.State == JobState.Leased || row.State == JobState.Running);
        var failures = await db.Jobs.Where(row => row.State == JobState.Failed && row.FinishedAt >= dayAgo).GroupBy(row => row.FailureClass)
            .Select(group => new { group.Key, Count = group.Count() }).ToListAsync(cancellation);
        var oldest = await held.MinAsync(row => row.LeasedAt, cancellation);
        var newest = await db.Runs.MaxAsync(row => (DateTime?)row.ReceivedAt, cancellation);
        _leases = await held.CountAsync(cancellation);
        _oldestHeartbeat = oldest is { } leased ? (now - leased).TotalSeconds : 0;
        _ingestLag = newest is { } received ? (now - received).TotalSeconds : 0;
        _waiting = [.. waiting.Select(row => new Measurement<int>(row.Count, KeyValuePair.Create("priority", (object?)row.Key)))];
        _failures = [.. failures.Select(row => new Measurement<int>(row.Count, KeyValuePair.Create("class", (object?)row.Key?.ToString())))];
    }

    private static async Task<bool> WaitAsync(PeriodicTimer timer, CancellationToken stopping)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
