using Bench.Data.Results;
using Bench.Data.Rows;
using Bench.Domain.Leasing;
using Microsoft.EntityFrameworkCore;

namespace Bench.Data.Queue;

/// <summary>Ends what its deadline has passed: lost leases, hard limits, jobs that nobody takes. Runs at start and by schedule.</summary>
public sealed class LeaseSweep(BenchDbContext db, TimeProvider clock, LeaseTerms terms)
{
    private const int BatchSize = 200;

    /// <summary>Moves every overdue job on. Any number of servers may sweep at once.</summary>
    /// <returns>Jobs that were moved.</returns>
    public async Task<int> RunAsync(CancellationToken cancellation = default)
    {
        var moved = 0;
        foreach (var id in await OverdueAsync(cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
            moved += await MoveAsync(id, (job, now) => JobMachine.Expire(job, now, terms), cancellation) ? 1 : 0;
        }

        return moved;
    }

    /// <summary>An agent registered, which says that it holds nothing: what it was given before goes back to the queue.</summary>
    /// <returns>Jobs that were moved.</returns>
    public async Task<int> AbandonAsync(string agentId, CancellationToken cancellation = default)
    {
        var held = await db.Jobs.AsNoTracking()
            .Where(job => (job.State == JobState.Leased || job.State == JobState.Running) && job.AgentId == agentId)
            .Select(job => job.Id).ToListAsync(cancellation);
        var moved = 0;
        foreach (var id in held)
        {
            moved += await MoveAsync(id, (job, now) => JobMachine.Abandon(job, agentId, now), cancellation) ? 1 : 0;
        }

        return moved;
    }

    private async Task<List<string>> OverdueAsync(CancellationToken cancellation)
    {
        var now = clock.Now();
        var waitedSince = now - terms.QueueLimit;
        var leased = await db.Jobs.AsNoTracking()
            .Where(job => (job.State == JobState.Leased || job.State == JobState.Running) && (job.LeaseExpiresAt <= now || job.HardLimitAt <= now))
            .OrderBy(job => job.LeaseExpiresAt).Select(job => job.Id).Take(BatchSize).ToListAsync(cancellation);
        var waiting = await db.Jobs.AsNoTracking()
            .Where(job => job.State == JobState.Queued && job.QueuedAt <= waitedSince && job.NotBefore <= waitedSince)
            .OrderBy(job => job.QueuedAt).Select(job => job.Id).Take(BatchSize).ToListAsync(cancellation);
        return [.. leased, .. waiting];
    }

    private async Task<bool> MoveAsync(
        string jobId, Func<JobSnapshot, DateTimeOffset, JobSnapshot?> move, CancellationToken cancellation)
    {
        db.ChangeTracker.Clear();
        var now = clock.Now();
        var job = await db.Jobs.SingleAsync(row => row.Id == jobId, cancellation);
        if (move(job.ToSnapshot(), now) is not { } expired)
        {
            return false;
        }

        if (job.AttemptId is { } attemptId)
        {
            var attempt = await db.Attempts.SingleAsync(row => row.Id == attemptId, cancellation);
            attempt.State = AttemptState.Expired;
            attempt.EndedAt = now;
            attempt.FailureClass = expired.Failure?.Class;
            attempt.FailureMessage = expired.Failure?.Message;
        }

        var holder = job.AgentId;
        job.Apply(expired, now);
        if (expired.State == JobState.Failed)
        {
            await NoteFailureAsync(job, holder!, now, cancellation);
        }

        try
        {
            await db.SaveChangesAsync(cancellation);
            return true;
        }
        catch (DbUpdateConcurrencyException)
        {
            // Somebody moved it first: a heartbeat, a result or another server's sweep.
            return false;
        }
        catch (DbUpdateException failure) when (failure.InnerException is not null && job.State == JobState.Failed)
        {
            // The cell's state appeared meanwhile. The next sweep finds it.
            return false;
        }
    }

    /// <summary>A job that the server gives up shows on the cell only where nothing better is known.</summary>
    private async Task NoteFailureAsync(JobRow job, string agentId, DateTime now, CancellationToken cancellation)
    {
        var agent = await db.Agents.AsNoTracking().SingleAsync(row => row.Id == agentId, cancellation);
        if (await db.CellStates.AnyAsync(row => row.CellId == job.CellId && row.ComparabilityKey == agent.ComparabilityKey, cancellation))
        {
            return;
        }

        db.CellStates.Add(CellSummaries.StateWithoutRun(job, agent, now));
    }
}
