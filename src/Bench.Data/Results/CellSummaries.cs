using Bench.Data.Rows;
using Bench.Domain.Results;
using Microsoft.EntityFrameworkCore;

namespace Bench.Data.Results;

/// <summary>Keeps the newest numbers of each cell ready for charts, inside the transaction that stores a run.</summary>
internal static class CellSummaries
{
    /// <summary>Makes other transactions that change the same cells wait, in one order, so that none waits in a circle.</summary>
    public static async Task LockAsync(BenchDbContext db, IEnumerable<int> cellIds, CancellationToken cancellation)
    {
        if (db.Kind == DatabaseKind.Postgres)
        {
            // On SQLite the open transaction is the only writer already. The weaker lock lets others queue jobs of these cells meanwhile.
            var ids = cellIds.Distinct().ToArray();
            await db.Database.ExecuteSqlAsync($"select 1 from cells where id = any({ids}) order by id for no key update", cancellation);
        }
    }

    /// <summary>Works out what the given runs, which are about to be saved, change; the caller saves the context.</summary>
    public static async Task RefreshAsync(
        BenchDbContext db, IReadOnlyList<RunRow> counting, ILookup<string, RunMetricRow> added, DateTime now, CancellationToken cancellation)
    {
        var cellIds = counting.Select(run => run.CellId).Distinct().ToList();
        var keys = counting.Select(run => run.ComparabilityKey).Distinct().ToList();
        var before = await db.Runs
            .Where(run => run.IsLatest && cellIds.Contains(run.CellId) && keys.Contains(run.ComparabilityKey))
            .Select(run => new LatestRun(
                run.Id, run.CellId, run.Seed, run.ComparabilityKey, run.DeviceClass, run.Outcome, run.FailureClass, run.FailureMessage))
            .ToListAsync(cancellation);
        var newest = before.Concat(counting.Select(run => new LatestRun(
                run.Id, run.CellId, run.Seed, run.ComparabilityKey, run.DeviceClass, run.Outcome, run.FailureClass, run.FailureMessage)))
            .GroupBy(run => (run.CellId, run.Key, run.Seed)).Select(group => group.MaxBy(run => run.Id, StringComparer.Ordinal)!).ToList();
        var kept = newest.Select(run => run.Id).ToHashSet(StringComparer.Ordinal);
        await SupersedeAsync(db, before, counting, kept, cancellation);

        var known = before.Select(run => run.Id).Where(kept.Contains).ToList();
        var metrics = (known.Count == 0 ? [] : await db.RunMetrics.Where(metric => known.Contains(metric.RunId))
                .Select(metric => new LatestMetric(
                    metric.RunId, metric.Name, metric.Unit, metric.Better, metric.Median, metric.Low, metric.High, metric.Count))
                .ToListAsync(cancellation))
            .Concat(added.SelectMany(group => group).Select(metric => new LatestMetric(
                metric.RunId, metric.Name, metric.Unit, metric.Better, metric.Median, metric.Low, metric.High, metric.Count)))
            .ToLookup(metric => metric.RunId);
        var states = (await db.CellStates.Where(row => cellIds.Contains(row.CellId) && keys.Contains(row.ComparabilityKey)).ToListAsync(cancellation))
            .ToDictionary(row => (row.CellId, row.ComparabilityKey));
        var summaries = (await db.CellSummaries.Where(row => cellIds.Contains(row.CellId) && keys.Contains(row.ComparabilityKey)).ToListAsync(cancellation))
            .ToLookup(row => (row.CellId, row.ComparabilityKey));
        foreach (var group in newest.GroupBy(run => (run.CellId, run.Key)))
        {
            var seeds = group.OrderBy(run => run.Seed).ToList();
            WriteState(db, states.GetValueOrDefault(group.Key), seeds, now);
            WriteSummaries(db, [.. summaries[group.Key]], seeds, metrics, now);
        }
    }

    /// <summary>Of the runs of one cell, seed and environment only the newest is shown.</summary>
    private static async Task SupersedeAsync(
        BenchDbContext db, List<LatestRun> before, IReadOnlyList<RunRow> counting, HashSet<string> kept, CancellationToken cancellation)
    {
        foreach (var run in counting)
        {
            run.IsLatest = kept.Contains(run.Id);
        }

        var superseded = before.Select(run => run.Id).Where(id => !kept.Contains(id)).ToList();
        if (superseded.Count > 0)
        {
            await db.Runs.Where(run => superseded.Contains(run.Id)).ExecuteUpdateAsync(set => set.SetProperty(run => run.IsLatest, false), cancellation);
        }
    }

    /// <summary>The state of a cell whose job the server gave up.</summary>
    public static CellStateRow StateWithoutRun(JobRow job, AgentRow agent, DateTime now) => new()
    {
        CellId = job.CellId,
        ComparabilityKey = agent.ComparabilityKey,
        DeviceClass = agent.DeviceClass,
        Outcome = Outcome.Failed,
        FailureClass = job.FailureClass,
        FailureMessage = job.FailureMessage,
        Seeds = 0,
        FailedSeeds = 0,
        UpdatedAt = now,
    };

    private static void WriteState(BenchDbContext db, CellStateRow? state, List<LatestRun> seeds, DateTime now)
    {
        var newest = seeds.MaxBy(run => run.Id, StringComparer.Ordinal)!;
        var failed = seeds.Where(run => run.Outcome == Outcome.Failed).ToList();
        var worst = failed.Count == seeds.Count ? failed.MaxBy(run => run.Id, StringComparer.Ordinal) : null;
        if (state is null)
        {
            state = new CellStateRow
            {
                CellId = newest.CellId,
                ComparabilityKey = newest.Key,
                DeviceClass = newest.DeviceClass,
                Outcome = newest.Outcome,
                Seeds = 0,
                FailedSeeds = 0,
                UpdatedAt = now,
            };
            db.CellStates.Add(state);
        }

        state.DeviceClass = newest.DeviceClass;
        state.Outcome = worst is null ? Outcome.Succeeded : Outcome.Failed;
        state.FailureClass = worst?.FailureClass;
        state.FailureMessage = worst?.FailureMessage;
        state.RunId = newest.Id;
        state.Seeds = seeds.Count;
        state.FailedSeeds = failed.Count;
        state.UpdatedAt = now;
    }

    private static void WriteSummaries(
        BenchDbContext db, List<CellSummaryRow> old, List<LatestRun> seeds, ILookup<string, LatestMetric> metrics, DateTime now)
    {
        var byName = seeds.SelectMany(run => metrics[run.Id]).GroupBy(metric => metric.Name).ToDictionary(group => group.Key);
        db.CellSummaries.RemoveRange(old.Where(row => !byName.ContainsKey(row.Metric)));
        foreach (var (name, values) in byName)
        {
            var first = values.First();
            var medians = values.Select(value => value.Median).ToArray();
            var summary = medians.Length == 1
                ? new SampleSummary(first.Median, first.Low, first.High, first.Count)
                : SampleSummary.Of(medians);
            var row = old.SingleOrDefault(candidate => candidate.Metric == name);
            if (row is null)
            {
                row = new CellSummaryRow
                {
                    CellId = seeds[0].CellId,
                    ComparabilityKey = seeds[0].Key,
                    Metric = name,
                    Unit = first.Unit,
                    Better = first.Better,
                    DeviceClass = seeds[0].DeviceClass,
                    Median = 0,
                    Low = 0,
                    High = 0,
                    Count = 0,
                    Mean = 0,
                    SeedValues = [],
                    RunId = "",
                    UpdatedAt = now,
                };
                db.CellSummaries.Add(row);
            }

            row.Unit = first.Unit;
            row.Better = first.Better;
            row.DeviceClass = seeds[0].DeviceClass;
            row.Median = summary.Median;
            row.Low = summary.Low;
            row.High = summary.High;
            row.Count = summary.Count;
            row.Mean = medians.Average();
            row.SeedValues = medians;
            row.RunId = values.Max(value => value.RunId)!;
            row.UpdatedAt = now;
        }
    }

    private sealed record LatestRun(
        string Id, int CellId, int Seed, string Key, string DeviceClass, Outcome Outcome, FailureClass? FailureClass, string? FailureMessage);

    private sealed record LatestMetric(
        string RunId, string Name, string Unit, Better Better, double Median, double Low, double High, int Count);
}
