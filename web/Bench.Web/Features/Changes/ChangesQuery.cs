using Bench.Data;
using Bench.Data.Rows;
using Bench.Domain.Analysis;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;

namespace Bench.Web.Features.Changes;

/// <summary>
/// Where the numbers of a cell changed their level from one run to a later one: every history with enough runs is searched. The answer is kept
/// for a minute, as a night of reruns would otherwise be searched with each visit.
/// </summary>
internal sealed class ChangesQuery(IDbContextFactory<BenchDbContext> contexts, IMemoryCache cache)
{
    private const int MostValues = 100_000;
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);
    private static readonly string[] Judged = [Metric.TimeMs.Name, Metric.PeakMemoryBytes.Name, Metric.Accuracy.Name];

    /// <summary>All changes, the newest first.</summary>
    public async Task<ChangesView> ReadAsync(CancellationToken cancellation = default) =>
        (await cache.GetOrCreateAsync(nameof(ChangesQuery), entry =>
        {
            entry.AbsoluteExpirationRelativeToNow = Lifetime;
            return SearchAsync(cancellation);
        }))!;

    private async Task<ChangesView> SearchAsync(CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var least = new ChangePointOptions().MinimumHistory;
        var cellIds = await db.Runs.Where(run => run.Outcome == Outcome.Succeeded)
            .GroupBy(run => new { run.CellId, run.Seed, run.ComparabilityKey }).Where(group => group.Count() >= least)
            .Select(group => group.Key.CellId).Distinct().ToListAsync(cancellation);
        var rows = await db.Runs.Where(run => cellIds.Contains(run.CellId) && run.Outcome == Outcome.Succeeded)
            .Join(db.RunMetrics.Where(row => Judged.Contains(row.Name)), run => run.Id, row => row.RunId, (run, row) => new
            {
                run.Id,
                run.CellId,
                run.Seed,
                run.ComparabilityKey,
                run.EnvironmentHash,
                run.ReceivedAt,
                row.Name,
                row.Unit,
                row.Better,
                row.Median,
                row.Low,
                row.High,
                row.Count,
            })
            .OrderByDescending(row => row.Id).Take(MostValues).ToListAsync(cancellation);
        var values = rows.ConvertAll(row => new Value(
            row.CellId, row.Seed, row.ComparabilityKey, row.Name, row.Unit, row.Better, row.EnvironmentHash,
            new HistoryPoint(row.Id, row.Median, row.Low, row.High, row.Count, row.ReceivedAt)));
        var histories = values.GroupBy(value => (value.CellId, value.Seed, value.ComparabilityKey, value.Metric)).Where(group => group.Count() >= least).ToList();
        var found = histories.SelectMany(group => Find([.. group.Take(History.Most).Reverse()])).ToList();
        var changed = found.Select(one => one.First.CellId).Distinct().ToList();
        var cells = await db.Cells.AsNoTracking().Where(cell => changed.Contains(cell.Id)).ToDictionaryAsync(cell => cell.Id, cancellation);
        var hashes = found.SelectMany(one => new[] { one.First.EnvironmentHash, one.Last.EnvironmentHash }).Distinct().ToList();
        var environments = await db.Environments.AsNoTracking().Where(row => hashes.Contains(row.Hash)).ToDictionaryAsync(row => row.Hash, row => row.Facts, cancellation);
        return new ChangesView
        {
            Histories = histories.Count,
            IsCut = values.Count == MostValues,
            UpdatedAt = values.Count == 0 ? null : values[0].Point.At,
            Items = [.. found.OrderByDescending(one => one.First.Point.RunId, StringComparer.Ordinal)
                .Select(one => one.ToChange(cells[one.First.CellId], Differences(environments, one.Last.EnvironmentHash, one.First.EnvironmentHash)))],
        };
    }

    private static IEnumerable<Found> Find(List<Value> values)
    {
        var history = new History(values[0].Metric, values[0].Unit, values[0].Better, [.. values.Select(value => value.Point)]);
        return history.Changes.Select(change => new Found(history, change, values[change.Index - 1], values[change.Index]));
    }

    private static List<FactChange> Differences(Dictionary<string, RunEnvironment> environments, string before, string after) =>
        before == after || !environments.TryGetValue(before, out var old) || !environments.TryGetValue(after, out var young)
            ? []
            : [.. old.Keys.Union(young.Keys).Order(StringComparer.Ordinal)
                .Select(name => new FactChange(name, old.GetValueOrDefault(name, ""), young.GetValueOrDefault(name, "")))
                .Where(fact => fact.Before != fact.After)];

    private sealed record Value(
        int CellId, int Seed, string ComparabilityKey, string Metric, string Unit, Better Better, string EnvironmentHash, HistoryPoint Point);

    private sealed record Found(History History, ChangePoint Change, Value Last, Value First)
    {
        public Change ToChange(CellRow cell, IReadOnlyList<FactChange> differences) => new()
        {
            Series = SeriesName.Of(cell),
            Mechanism = cell.Mechanism,
            Task = cell.Task,
            Pattern = cell.Pattern,
            Length = cell.Length,
            CellKey = cell.Key,
            Seed = First.Seed,
            Metric = First.Metric,
            Unit = First.Unit,
            Better = First.Better,
            Before = Change.Before,
            After = Change.After,
            RelativeChange = Change.RelativeChange,
            PValue = Change.PValue,
            LastRunBefore = Last.Point.RunId,
            FirstRunAfter = First.Point.RunId,
            RunsAfter = History.Points.Count - Change.Index,
            At = First.Point.At,
            Differences = differences,
            History = History,
        };
    }
}

/// <summary>What the page of changes shows.</summary>
internal sealed record ChangesView
{
    /// <summary>Changes, the newest first.</summary>
    public required IReadOnlyList<Change> Items { get; init; }

    /// <summary>Histories that were long enough to be judged.</summary>
    public required int Histories { get; init; }

    /// <summary>Whether older runs were left out.</summary>
    public required bool IsCut { get; init; }

    /// <summary>Newest judged run.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }
}

/// <summary>A cell whose numbers changed their level.</summary>
internal sealed record Change
{
    /// <summary>Implementation with its options.</summary>
    public required string Series { get; init; }

    /// <summary>Mechanism id.</summary>
    public required string Mechanism { get; init; }

    /// <summary>Task id.</summary>
    public required string Task { get; init; }

    /// <summary>Pattern.</summary>
    public required AttentionPattern Pattern { get; init; }

    /// <summary>N.</summary>
    public required int Length { get; init; }

    /// <summary>Cell.</summary>
    public required string CellKey { get; init; }

    /// <summary>Seed.</summary>
    public required int Seed { get; init; }

    /// <summary>Metric.</summary>
    public required string Metric { get; init; }

    /// <summary>Its unit.</summary>
    public required string Unit { get; init; }

    /// <summary>Which way it improves.</summary>
    public required Better Better { get; init; }

    /// <summary>Mean level before.</summary>
    public required double Before { get; init; }

    /// <summary>Mean level after.</summary>
    public required double After { get; init; }

    /// <summary>After over before minus 1.</summary>
    public required double RelativeChange { get; init; }

    /// <summary>Two-sided p of the t-test between the two levels.</summary>
    public required double PValue { get; init; }

    /// <summary>Last run of the old level.</summary>
    public required string LastRunBefore { get; init; }

    /// <summary>First run of the new level.</summary>
    public required string FirstRunAfter { get; init; }

    /// <summary>Runs since, the first included.</summary>
    public required int RunsAfter { get; init; }

    /// <summary>When the first run of the new level was stored.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Facts that differ between the environments of those two runs: probable causes.</summary>
    public required IReadOnlyList<FactChange> Differences { get; init; }

    /// <summary>Whether the change is for the worse.</summary>
    public bool IsWorse => RelativeChange > 0 == (Better == Better.Lower);

    /// <summary>The whole history, for drawings.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public History History { get; init; } = History.Empty;
}

/// <summary>A fact of the environment that is not the same before and after.</summary>
/// <param name="Name">Fact.</param>
/// <param name="Before">Value before; empty when it was not recorded.</param>
/// <param name="After">Value after.</param>
internal sealed record FactChange(string Name, string Before, string After);
