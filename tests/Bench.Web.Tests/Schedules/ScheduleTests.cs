using System.Text.Json;
using Bench.Data;
using Bench.Data.Queue;
using Bench.Data.Rows;
using Bench.Data.Tests;
using Bench.Web.Schedules;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Bench.Web.Tests.Schedules;

public sealed class ScheduleTests
{
    public static TheoryData<DatabaseKind> Kinds => TestDatabase.Kinds;

    [Theory, MemberData(nameof(Kinds))]
    public async Task Persistent_scheduler_sweeps_a_lost_lease_by_itself(DatabaseKind kind)
    {
        await using var site = await TestSite.StartAsync(
            kind, ("Schedules:Enabled", "true"), ("Leases:Sweep", "00:00:01"), ("Leases:Heartbeat", "00:00:01"), ("Leases:Expiry", "00:00:02"));
        using var agent = await site.AgentAsync();
        await TestSite.QueueAsync(agent, "quick", 64);
        var lost = (await TestSite.ClaimAsync(agent))!;

        var next = await TestSite.ClaimAsync(agent, wait: 30);

        Assert.Equal(lost.JobId, next!.JobId);
    }

    [Fact]
    public async Task Nightly_rerun_queues_finished_cells_again_at_its_own_priority()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await site.AgentAsync();
        await TestSite.QueueAsync(agent, "quick", 64);
        var assignment = (await TestSite.ClaimAsync(agent))!;
        using var stored = await TestSite.SubmitAsync(agent, assignment, Samples.Success(assignment));
        await using var scope = site.Services.CreateAsyncScope();

        var line = await ActivatorUtilities.CreateInstance<NightlyRerunJob>(scope.ServiceProvider).QueueAsync(CancellationToken.None);

        Assert.Equal("quick: 1 queued, 0 waiting already.", line);
        await using var db = site.Database.Open();
        Assert.Equal(SuiteStore.PriorityOf("nightly"), (await db.Jobs.OrderBy(job => job.Id).LastAsync()).Priority);
    }

    [Fact]
    public async Task Job_that_waited_for_six_hours_rises_one_level_and_not_beyond_a_persons_request()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await site.AgentAsync();
        await TestSite.QueueAsync(agent, "quick", 64, 128);
        await using var db = site.Database.Open();
        var now = TimeProvider.System.Now();
        var jobs = await db.Jobs.OrderBy(job => job.Turn).ToListAsync();
        foreach (var (job, hours) in jobs.Zip([7, 500]))
        {
            (job.Reason, job.Priority, job.QueuedAt) = ("nightly", 10, now.AddHours(-hours));
        }

        await db.SaveChangesAsync();
        await using var scope = site.Services.CreateAsyncScope();

        await ActivatorUtilities.CreateInstance<AgeingJob>(scope.ServiceProvider).RaiseAsync(CancellationToken.None);

        db.ChangeTracker.Clear();
        Assert.Equal([20, 30], await db.Jobs.OrderBy(job => job.Turn).Select(job => job.Priority).ToListAsync());
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Fires_that_servers_note_at_the_same_moment_are_listed_once_each(DatabaseKind kind)
    {
        await using var site = await TestSite.StartAsync(kind);
        await using var scope = site.Services.CreateAsyncScope();
        var log = scope.ServiceProvider.GetRequiredService<ScheduleLog>();
        var day = new DateTimeOffset(2026, 3, 1, 2, 0, 0, TimeSpan.Zero);
        await log.RunAsync("NightlyRerun", day, () => Task.FromResult("first"), CancellationToken.None);

        await Task.WhenAll(Enumerable.Range(1, 6).Select(night => Task.Run(
            () => log.RunAsync("NightlyRerun", day.AddDays(night), () => Task.FromResult("done"), CancellationToken.None))));

        await using var db = site.Database.Open();
        var fires = await db.ScheduleFires.Where(fire => fire.Schedule == "NightlyRerun").OrderBy(fire => fire.DueAt).ToListAsync();
        Assert.Equal(Enumerable.Range(0, 7).Select(night => day.AddDays(night).UtcDateTime), fires.Select(fire => fire.DueAt));
        Assert.All(fires, fire => Assert.Equal(FireOutcome.Succeeded, fire.Outcome));
    }

    [Fact]
    public async Task Fires_that_nobody_saw_are_listed()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        await using var scope = site.Services.CreateAsyncScope();
        var log = scope.ServiceProvider.GetRequiredService<ScheduleLog>();
        var day = new DateTimeOffset(2026, 3, 1, 2, 0, 0, TimeSpan.Zero);
        await log.RunAsync("NightlyRerun", day, () => Task.FromResult("first"), CancellationToken.None);

        await log.RunAsync("NightlyRerun", day.AddDays(3), () => Task.FromResult("second"), CancellationToken.None);

        await using var db = site.Database.Open();
        Assert.Equal(
            [FireOutcome.Succeeded, FireOutcome.Missed, FireOutcome.Missed, FireOutcome.Succeeded],
            await db.ScheduleFires.OrderBy(row => row.DueAt).Select(row => row.Outcome).ToListAsync());
        using var client = site.Anonymous();
        var schedules = JsonDocument.Parse(await client.GetStringAsync("api/v1/schedules")).RootElement.EnumerateArray();
        var nightly = schedules.Single(schedule => schedule.GetProperty("name").GetString() == "NightlyRerun");
        Assert.Equal(2, nightly.GetProperty("missed").GetInt32());
        Assert.Equal("every day at 02:00 UTC", nightly.GetProperty("words").GetString());
    }

    [Fact]
    public async Task A_fire_that_starts_after_the_next_one_called_it_missed_is_listed_once()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        await using var scope = site.Services.CreateAsyncScope();
        var log = scope.ServiceProvider.GetRequiredService<ScheduleLog>();
        var day = new DateTimeOffset(2026, 3, 1, 2, 0, 0, TimeSpan.Zero);
        await log.RunAsync("NightlyRerun", day, () => Task.FromResult("first"), CancellationToken.None);
        await log.RunAsync("NightlyRerun", day.AddDays(2), () => Task.FromResult("third"), CancellationToken.None);

        await log.RunAsync("NightlyRerun", day.AddDays(1), () => Task.FromResult("second"), CancellationToken.None);

        await using var db = site.Database.Open();
        var fires = await db.ScheduleFires.OrderBy(row => row.DueAt).ToListAsync();
        Assert.Equal(["first", "second", "third"], fires.Select(fire => fire.Message));
        Assert.All(fires, fire => Assert.Equal(FireOutcome.Succeeded, fire.Outcome));
        Assert.All(fires, fire => Assert.NotNull(fire.StartedAt));
    }

    [Fact]
    public async Task Work_that_fails_leaves_its_reason()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        await using var scope = site.Services.CreateAsyncScope();
        var log = scope.ServiceProvider.GetRequiredService<ScheduleLog>();

        await Assert.ThrowsAsync<TimeoutException>(() => log.RunAsync(
            "Housekeeping", DateTimeOffset.UnixEpoch, () => throw new TimeoutException("too slow"), CancellationToken.None));

        await using var db = site.Database.Open();
        var fire = await db.ScheduleFires.SingleAsync();
        Assert.Equal((FireOutcome.Failed, "too slow"), (fire.Outcome, fire.Message));
    }

    [Theory]
    [InlineData("Schedules:Cron:NightlyRerun", "every night")]
    [InlineData("Schedules:Cron:NoSuchSchedule", "0 0 2 * * ?")]
    public async Task Wrong_schedule_stops_the_site_at_start_with_its_name(string key, string value)
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => TestSite.StartAsync(DatabaseKind.Sqlite, (key, value)));

        Assert.True(failure is OptionsValidationException or FormatException, failure.ToString());
        Assert.Contains("Schedules:Cron", failure.Message, StringComparison.Ordinal);
    }
}
