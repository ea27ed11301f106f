using System.Diagnostics;
using Bench.Data.Tests;
using Bench.Domain.Leasing;
using Bench.Domain.Results;
using Microsoft.EntityFrameworkCore;

namespace Bench.Faults.Tests;

/// <summary>What must hold after every disturbance, read from the database and from what agents were promised.</summary>
internal static class Ledger
{
    /// <summary>Waits until no job waits or runs.</summary>
    /// <param name="test">Database.</param>
    /// <param name="limit">How long that may take.</param>
    /// <param name="meanwhile">Done again and again, such as starting what has died.</param>
    public static async Task DrainAsync(TestDatabase test, TimeSpan limit, Action? meanwhile = null)
    {
        var clock = Stopwatch.StartNew();
        var open = -1;
        while (clock.Elapsed < limit)
        {
            await using var db = test.Open();
            open = await db.Jobs.CountAsync(job => job.State == JobState.Queued || job.State == JobState.Leased || job.State == JobState.Running);
            if (open == 0)
            {
                return;
            }

            meanwhile?.Invoke();
            await Task.Delay(200);
        }

        Assert.Fail($"{open} jobs are still open after {limit.TotalSeconds:0} s.");
    }

    /// <summary>Every planned cell ended in exactly one final state; no acknowledged result is missing and none is doubled.</summary>
    public static async Task<LedgerEntry> CheckAsync(TestDatabase test, int planned, IReadOnlyCollection<string> acknowledged)
    {
        await using var db = test.Open();
        var jobs = await db.Jobs.AsNoTracking().ToListAsync();
        var runs = await db.Runs.AsNoTracking().ToListAsync();
        Assert.Equal(planned, jobs.Select(job => (job.CellId, job.Seed)).Distinct().Count());
        Assert.Equal(planned, jobs.Count);
        Assert.All(jobs, job => Assert.True(job.State is JobState.Succeeded or JobState.Failed, $"{job.Id} is {job.State}"));

        var stored = runs.Select(run => run.ResultId).ToHashSet();
        Assert.Equal(runs.Count, stored.Count);
        Assert.Empty(acknowledged.Except(stored));
        var numbers = runs.Where(run => run.Outcome == Outcome.Succeeded).ToLookup(run => run.JobId);
        foreach (var job in jobs)
        {
            Assert.Equal(job.State == JobState.Succeeded ? 1 : 0, numbers[job.Id].Count());
        }

        Assert.Equal(numbers.Count, await db.CellSummaries.CountAsync());
        return new LedgerEntry(
            planned, jobs.Count(job => job.State == JobState.Succeeded), jobs.Count(job => job.State == JobState.Failed), acknowledged.Count,
            acknowledged.Except(stored).Count(), runs.Count - stored.Count, await db.Attempts.CountAsync(), runs.Count(run => run.Late));
    }
}

/// <summary>The books after a disturbance.</summary>
/// <param name="Planned">Cells that were queued; each ended in exactly one final state.</param>
/// <param name="Succeeded">Cells with numbers.</param>
/// <param name="GivenUp">Cells that were given up after three lost agents.</param>
/// <param name="Acknowledged">Results that the server had promised to keep.</param>
/// <param name="Lost">Of these, not stored. Must be 0.</param>
/// <param name="Doubled">Stored more than once. Must be 0.</param>
/// <param name="Attempts">Leases.</param>
/// <param name="Late">Results that came after the end of their lease and counted.</param>
internal sealed record LedgerEntry(int Planned, int Succeeded, int GivenUp, int Acknowledged, int Lost, int Doubled, int Attempts, int Late)
{
    /// <summary>The same for people.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string Words => $"{Planned} cells: {Succeeded} succeeded, {GivenUp} given up after three lost agents; {Acknowledged} acknowledged results, "
        + $"{Lost} lost, {Doubled} doubled; {Attempts} attempts, {Late} late results.";
}
