using System.Diagnostics;
using System.Globalization;
using Bench.Data.Tests;
using Bench.Domain.Leasing;
using Microsoft.EntityFrameworkCore;

namespace Bench.Faults.Tests;

/// <summary>What every disturbance begins with.</summary>
internal static class FaultWorld
{
    /// <summary>200 unless <c>BENCH_FAULT_ROUNDS</c> says otherwise.</summary>
    public static int Rounds { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("BENCH_FAULT_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) ? rounds : 200;

    /// <summary>A database whose clock shows the present, as the servers' clocks do.</summary>
    public static async Task<TestDatabase> DatabaseAsync(PostgresCluster cluster)
    {
        var test = await TestDatabase.CreateAsync(cluster);
        test.Clock.Advance(TimeProvider.System.GetUtcNow() - test.Clock.GetUtcNow());
        return test;
    }

    /// <summary>Waits until so many more jobs have ended, or none is left.</summary>
    public static async Task SomeWorkIsDoneAsync(TestDatabase test, int more)
    {
        var goal = await OpenAsync(test) - more;
        await UntilAsync(async () => await OpenAsync(test) <= Math.Max(0, goal), TimeSpan.FromMinutes(2));
    }

    /// <summary>Waits for something.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds, TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        while (!await holds())
        {
            Assert.True(clock.Elapsed < limit, $"It did not come about within {limit.TotalSeconds:0} s.");
            await Task.Delay(20);
        }
    }

    /// <summary>Jobs that have not ended.</summary>
    public static async Task<int> OpenAsync(TestDatabase test)
    {
        await using var db = test.Open();
        return await db.Jobs.CountAsync(job => job.State == JobState.Queued || job.State == JobState.Leased || job.State == JobState.Running);
    }
}
