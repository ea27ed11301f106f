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
    public static async Task DrainAsync(TestDatabase test, TimeSpan limit)
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

            await Task.Delay(200);
        }

        Assert.Fail($"{open} jobs are still open after {limit.TotalSeconds:0} s.");
    }

    /// <summary>Every planned cell ended in exactly one final state; no acknowledged result is missing and none is doubled.</summary>
    /// <returns>A line for the report.</returns>
    public static async Task<string> CheckAsync(TestDatabase test, int planned, IReadOnlyCollection<string> acknowledged)
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
        return $"{planned} cells: {jobs.Count(job => job.State == JobState.Succeeded)} succeeded, "
            + $"{jobs.Count(job => job.State == JobState.Failed)} given up after three lost agents; {acknowledged.Count} acknowledged results, "
            + $"0 lost, 0 doubled; {await db.Attempts.CountAsync()} attempts, {runs.Count(run => run.Late)} late results.";
    }
}
