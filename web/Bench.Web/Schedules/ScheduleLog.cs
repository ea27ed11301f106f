using Bench.Data;
using Bench.Data.Rows;
using Bench.Domain.Protocol;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Bench.Web.Schedules;

/// <summary>Keeps when schedules fired, what they did, and which fires were missed.</summary>
internal sealed class ScheduleLog(IDbContextFactory<BenchDbContext> contexts, IOptions<ScheduleOptions> options, TimeProvider clock)
{
    /// <summary>Runs the work of a fire and notes how it ended.</summary>
    /// <param name="name">Name of the schedule.</param>
    /// <param name="due">When the fire was due.</param>
    /// <param name="work">Returns what it did, in one line.</param>
    /// <param name="cancellation">The server stops.</param>
    public async Task RunAsync(string name, DateTimeOffset due, Func<Task<string>> work, CancellationToken cancellation)
    {
        var entry = ScheduleCatalogue.All.Single(candidate => candidate.Name == name);
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        // Another server may note the same fires at this moment.
        var fire = await db.RetryAsync(() => BeginAsync(db, entry, due.UtcDateTime, cancellation));
        try
        {
            fire.Message = await work();
            fire.Outcome = FireOutcome.Succeeded;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            fire.Message = failure.Message.Length > 500 ? failure.Message[..500] : failure.Message;
            fire.Outcome = FireOutcome.Failed;
            throw;
        }
        finally
        {
            fire.EndedAt = clock.Now();
            await db.SaveChangesAsync(CancellationToken.None);
        }
    }

    /// <summary>Notes that a fire starts, and those before it that nobody noted.</summary>
    private async Task<ScheduleFireRow> BeginAsync(BenchDbContext db, ScheduleEntry entry, DateTime due, CancellationToken cancellation)
    {
        // Index (schedule, due_at).
        var last = await db.ScheduleFires.Where(row => row.Schedule == entry.Name).MaxAsync(row => (DateTime?)row.DueAt, cancellation);
        db.ScheduleFires.AddRange(MissedFires.Between(ScheduleCatalogue.CronOf(entry, options.Value), last, due)
            .Select(missed => NewFire(entry.Name, missed, FireOutcome.Missed, "No server was up.")));
        // A server with the next fire may have taken this one for missed while it waited here to start.
        var fire = await db.ScheduleFires.FirstOrDefaultAsync(row => row.Schedule == entry.Name && row.DueAt == due, cancellation);
        if (fire is null)
        {
            fire = NewFire(entry.Name, due, FireOutcome.Running, "");
            db.ScheduleFires.Add(fire);
        }

        (fire.Outcome, fire.Message, fire.StartedAt, fire.EndedAt) = (FireOutcome.Running, "", clock.Now(), null);
        await db.SaveChangesAsync(cancellation);
        return fire;
    }

    private static ScheduleFireRow NewFire(string name, DateTime due, FireOutcome outcome, string message) => new()
    {
        Id = BenchId.Of("fir", new DateTimeOffset(DateTime.SpecifyKind(due, DateTimeKind.Utc)), name),
        Schedule = name,
        DueAt = due,
        Outcome = outcome,
        Message = message,
    };
}
