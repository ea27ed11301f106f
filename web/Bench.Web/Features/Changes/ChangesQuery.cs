using Bench.Data;
using Bench.Data.Rows;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Web.Schedules;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Features.Changes;

/// <summary>Where the numbers of a cell changed their level, as the nightly search found it, and what people think of it.</summary>
internal sealed class ChangesQuery(IDbContextFactory<BenchDbContext> contexts)
{
    /// <summary>Changes that one view lists.</summary>
    public const int Most = 200;

    private const int Drawn = 6;

    /// <summary>Changes in some states, the newest first.</summary>
    /// <param name="states">Which; empty means all.</param>
    /// <param name="cancellation">The reader is gone.</param>
    public async Task<ChangesView> ReadAsync(IReadOnlyCollection<ChangeState> states, CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var all = db.Changes.AsNoTracking();
        // Index (at, id).
        var rows = await (states.Count == 0 ? all : all.Where(row => states.Contains(row.State)))
            .OrderByDescending(row => row.At).ThenByDescending(row => row.Id).Take(Most + 1).ToListAsync(cancellation);
        var counts = await all.GroupBy(row => row.State).Select(group => new { group.Key, Count = group.Count() }).ToDictionaryAsync(row => row.Key, row => row.Count, cancellation);
        // Index (schedule, due_at).
        var search = await db.ScheduleFires.AsNoTracking().Where(row => row.Schedule == ChangeSearchJob.Name && row.Outcome == FireOutcome.Succeeded)
            .OrderByDescending(row => row.DueAt).FirstOrDefaultAsync(cancellation);
        var shown = rows.Take(Most).ToList();
        return new ChangesView
        {
            Items = await DescribeAsync(db, shown, Drawn, cancellation),
            Counts = counts,
            IsCut = rows.Count > Most,
            SearchedAt = search?.StartedAt,
            SearchSummary = search?.Message,
            UpdatedAt = search?.EndedAt,
        };
    }

    /// <summary>One change with its history; null when there is none with this id.</summary>
    public async Task<Change?> FindAsync(string id, CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        return await db.Changes.AsNoTracking().SingleOrDefaultAsync(row => row.Id == id, cancellation) is { } row
            ? (await DescribeAsync(db, [row], 1, cancellation))[0]
            : null;
    }

    private static async Task<IReadOnlyList<Change>> DescribeAsync(BenchDbContext db, List<ChangeRow> rows, int drawn, CancellationToken cancellation)
    {
        var cellIds = rows.Select(row => row.CellId).Distinct().ToList();
        var cells = await db.Cells.AsNoTracking().Where(cell => cellIds.Contains(cell.Id)).ToDictionaryAsync(cell => cell.Id, cancellation);
        var runs = rows.SelectMany(row => new[] { row.LastRunBefore, row.FirstRunAfter }).Distinct().ToList();
        var environments = await db.Runs.Where(run => runs.Contains(run.Id))
            .Join(db.Environments, run => run.EnvironmentHash, row => row.Hash, (run, row) => new { run.Id, row.Facts }).ToDictionaryAsync(row => row.Id, row => row.Facts, cancellation);
        var histories = await History.ReadAsync(db, [.. rows.Take(drawn)], cancellation);
        return [.. rows.Select(row => Of(row, cells[row.CellId], Differences(environments, row.LastRunBefore, row.FirstRunAfter), histories.GetValueOrDefault(row.Id)))];
    }

    private static Change Of(ChangeRow row, CellRow cell, IReadOnlyList<FactChange> differences, History? history) => new()
    {
        Id = row.Id,
        State = row.State,
        StateBy = row.StateBy,
        StateAt = row.StateAt,
        Comment = row.Comment,
        DetectedAt = row.DetectedAt,
        CommitBefore = row.CommitBefore,
        CommitAfter = row.CommitAfter,
        Series = SeriesName.Of(cell),
        Mechanism = cell.Mechanism,
        Task = cell.Task,
        Pattern = cell.Pattern,
        Length = cell.Length,
        CellKey = cell.Key,
        Seed = row.Seed,
        Metric = row.Metric,
        Unit = row.Unit,
        Better = row.Better,
        Before = row.Before,
        After = row.After,
        RelativeChange = row.RelativeChange,
        PValue = row.PValue,
        LastRunBefore = row.LastRunBefore,
        FirstRunAfter = row.FirstRunAfter,
        RunsAfter = row.RunsAfter,
        At = row.At,
        Differences = differences,
        History = history,
    };

    private static List<FactChange> Differences(Dictionary<string, RunEnvironment> environments, string before, string after) =>
        !environments.TryGetValue(before, out var old) || !environments.TryGetValue(after, out var young)
            ? []
            : [.. old.Keys.Union(young.Keys).Order(StringComparer.Ordinal)
                .Select(name => new FactChange(name, old.GetValueOrDefault(name, ""), young.GetValueOrDefault(name, "")))
                .Where(fact => fact.Before != fact.After)];
}

/// <summary>What the page of changes shows.</summary>
internal sealed record ChangesView
{
    /// <summary>Changes, the newest first.</summary>
    public required IReadOnlyList<Change> Items { get; init; }

    /// <summary>How many changes are in each state.</summary>
    public required IReadOnlyDictionary<ChangeState, int> Counts { get; init; }

    /// <summary>Whether there are more than the view lists.</summary>
    public required bool IsCut { get; init; }

    /// <summary>When the last search began; null before the first.</summary>
    public DateTimeOffset? SearchedAt { get; init; }

    /// <summary>What it did, in one line.</summary>
    public string? SearchSummary { get; init; }

    /// <summary>When the last search ended.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }
}

/// <summary>A cell whose numbers changed their level.</summary>
internal sealed record Change
{
    /// <summary>Id.</summary>
    public required string Id { get; init; }

    /// <summary>What people think of it.</summary>
    public required ChangeState State { get; init; }

    /// <summary>Who set the state; null while nobody did.</summary>
    public string? StateBy { get; init; }

    /// <summary>When the state was set.</summary>
    public DateTimeOffset? StateAt { get; init; }

    /// <summary>Why, in the words of whoever set the state.</summary>
    public string Comment { get; init; } = "";

    /// <summary>When a search found it.</summary>
    public required DateTimeOffset DetectedAt { get; init; }

    /// <summary>Commit of the last run before; empty when it was not recorded.</summary>
    public required string CommitBefore { get; init; }

    /// <summary>Commit of the first run after.</summary>
    public required string CommitAfter { get; init; }

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

    /// <summary>The whole history, for drawings; null where none is drawn.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public History? History { get; init; }
}

/// <summary>A fact of the environment that is not the same before and after.</summary>
/// <param name="Name">Fact.</param>
/// <param name="Before">Value before; empty when it was not recorded.</param>
/// <param name="After">Value after.</param>
internal sealed record FactChange(string Name, string Before, string After);
