using Bench.Data;
using Bench.Data.Rows;
using Bench.Web.Schedules;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Quartz;

namespace Bench.Web.Features.Schedules;

/// <summary>What runs when, what ran, and what was missed.</summary>
internal sealed class SchedulesQuery(IDbContextFactory<BenchDbContext> contexts, IOptions<ScheduleOptions> options, TimeProvider clock)
{
    /// <summary>All schedules by name.</summary>
    public async Task<IReadOnlyList<ScheduleView>> ReadAsync(CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var views = new List<ScheduleView>();
        foreach (var entry in ScheduleCatalogue.All)
        {
            // Index (schedule, due_at).
            var fires = await db.ScheduleFires.AsNoTracking().Where(row => row.Schedule == entry.Name)
                .OrderByDescending(row => row.DueAt).Take(20).ToListAsync(cancellation);
            var cron = ScheduleCatalogue.CronOf(entry, options.Value);
            views.Add(new ScheduleView(
                entry.Name, entry.Attribute.Title, cron, CronWords(cron), "UTC", options.Value.Enabled, NextFires(cron),
                [.. fires.Select(row => new ScheduleFire(row.DueAt, row.StartedAt, row.EndedAt, row.Outcome, row.Message))],
                fires.Count(row => row.Outcome == FireOutcome.Missed), entry.Attribute.IsRecorded));
        }

        return views;
    }

    /// <summary>The next five times.</summary>
    private List<DateTimeOffset> NextFires(string cron)
    {
        var expression = new CronExpression(cron, TimeZoneInfo.Utc);
        var times = new List<DateTimeOffset>();
        var at = expression.GetNextValidTimeAfter(clock.GetUtcNow());
        while (times.Count < 5 && at is { } next)
        {
            times.Add(next);
            at = expression.GetNextValidTimeAfter(next);
        }

        return times;
    }

    /// <summary>The usual forms in words; others as they are written.</summary>
    internal static string CronWords(string cron) => cron.Split(' ') switch
    {
        ["0", var minute, var hour, "*" or "?", "*", "?" or "*"] when int.TryParse(minute, out var m) && int.TryParse(hour, out var h) =>
            $"every day at {h:00}:{m:00} UTC",
        ["0", var minute, "*", "*", "*", "?"] when int.TryParse(minute, out var m) => $"every hour at minute {m}",
        [var second, "*", "*", "*", "*", "?"] when second.StartsWith("0/", StringComparison.Ordinal) => $"every {second[2..]} seconds",
        _ => cron,
    };
}

/// <summary>One schedule.</summary>
internal sealed record ScheduleView(
    string Name, string Title, string Cron, string Words, string TimeZone, bool Enabled, IReadOnlyList<DateTimeOffset> NextFires,
    IReadOnlyList<ScheduleFire> Fires, int Missed, bool IsRecorded);

/// <summary>One fire of a schedule.</summary>
internal sealed record ScheduleFire(
    DateTimeOffset DueAt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, FireOutcome Outcome, string Message);
