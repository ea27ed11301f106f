using Bench.Data.Rows;
using Bench.Domain.Analysis;
using Bench.Domain.Protocol;
using Bench.Domain.Results;
using Microsoft.EntityFrameworkCore;

namespace Bench.Data.Changes;

/// <summary>
/// Searches the histories of cells for changes of level and keeps what it finds. A history is every number of one cell, seed, kind of environment
/// and metric; one that was accepted begins anew at the accepted change.
/// </summary>
public sealed class ChangeSearch(BenchDbContext db, TimeProvider clock)
{
    /// <summary>Newest runs of a history that are read.</summary>
    public const int Most = 200;

    private const int CellsAtOnce = 200;
    // A new run may move the best split a little; it is still the same change.
    private const int SamePlace = 2;

    /// <summary>Metrics whose histories are judged.</summary>
    public static IReadOnlyList<string> Judged { get; } = [Metric.TimeMs.Name, Metric.PeakMemoryBytes.Name, Metric.Accuracy.Name];

    /// <summary>Searches every history that has a run received at or after an instant.</summary>
    /// <param name="since">When the last search began; null searches everything.</param>
    /// <param name="cancellation">The server stops.</param>
    public async Task<ChangeSearchResult> RunAsync(DateTime? since, CancellationToken cancellation = default)
    {
        var least = new ChangePointOptions().MinimumHistory;
        var succeeded = db.Runs.Where(run => run.Outcome == Outcome.Succeeded);
        var lasting = succeeded.GroupBy(run => new { run.CellId, run.Seed, run.ComparabilityKey })
            .Where(group => group.Count() >= least && (since == null || group.Max(run => run.ReceivedAt) >= since));
        var cells = await lasting.Select(group => group.Key.CellId).Distinct().OrderBy(id => id).ToListAsync(cancellation);
        var (histories, found, gone) = (0, 0, 0);
        foreach (var part in cells.Chunk(CellsAtOnce))
        {
            var result = await SearchAsync(part, least, cancellation);
            (histories, found, gone) = (histories + result.Histories, found + result.Found, gone + result.Withdrawn);
        }

        return new ChangeSearchResult(histories, found, gone);
    }

    private async Task<ChangeSearchResult> SearchAsync(int[] cells, int least, CancellationToken cancellation)
    {
        // Index (cell_id, id) of runs, then the key of run_metrics.
        var rows = await db.Runs.Where(run => cells.Contains(run.CellId) && run.Outcome == Outcome.Succeeded)
            .Join(db.RunMetrics.Where(row => Judged.Contains(row.Name)), run => run.Id, row => row.RunId, (run, row) => new Value(
                run.Id, run.CellId, run.Seed, run.ComparabilityKey, run.EnvironmentHash, run.ReceivedAt, row.Name, row.Unit, row.Better, row.Median))
            .ToListAsync(cancellation);
        var known = (await db.Changes.Where(row => cells.Contains(row.CellId)).ToListAsync(cancellation))
            .ToLookup(row => (row.CellId, row.Seed, row.ComparabilityKey, row.Metric));
        var histories = rows.GroupBy(row => (row.CellId, row.Seed, row.Key, row.Metric)).Where(group => group.Count() >= least).ToList();
        var (found, gone) = (0, 0);
        var fresh = new List<ChangeRow>();
        foreach (var history in histories)
        {
            var values = history.OrderByDescending(value => value.RunId, StringComparer.Ordinal).Take(Most).Reverse().ToList();
            var before = known[history.Key].ToList();
            var start = values.FindIndex(value => value.RunId == before.Where(row => row.State == ChangeState.Accepted).Max(row => row.FirstRunAfter));
            var segment = values[Math.Max(0, start)..];
            var (added, withdrawn) = Compare(segment, before);
            fresh.AddRange(added);
            (found, gone) = (found + added.Count, gone + withdrawn);
        }

        await NameCommitsAsync(fresh, rows, cancellation);
        db.Changes.AddRange(fresh);
        await db.SaveChangesAsync(cancellation);
        return new ChangeSearchResult(histories.Count, found, gone);
    }

    /// <summary>Brings what was known of a history to what its values say now.</summary>
    private (List<ChangeRow> Added, int Withdrawn) Compare(List<Value> values, List<ChangeRow> known)
    {
        var places = values.Select((value, index) => (value.RunId, index)).ToDictionary(pair => pair.RunId, pair => pair.index, StringComparer.Ordinal);
        var points = ChangePoints.Find(values.ConvertAll(value => value.Median));
        var open = known.Where(row => row.State != ChangeState.Accepted && places.ContainsKey(row.FirstRunAfter)).ToList();
        var added = new List<ChangeRow>();
        var all = new List<ChangeRow>();
        for (var i = 0; i < points.Count; i++)
        {
            var point = points[i];
            var end = i + 1 < points.Count ? points[i + 1].Index : values.Count;
            var row = open.Find(row => Math.Abs(places[row.FirstRunAfter] - point.Index) <= SamePlace);
            if (row is null)
            {
                row = New(values[point.Index]);
                added.Add(row);
            }

            open.Remove(row);
            all.Add(row);
            var first = values[point.Index];
            (row.FirstRunAfter, row.LastRunBefore, row.At) = (first.RunId, values[point.Index - 1].RunId, first.At);
            (row.Before, row.After, row.PValue, row.RunsAfter) = (point.Before, point.After, point.PValue, end - point.Index);
        }

        for (var i = 1; i < all.Count; i++)
        {
            // The level is back where it was before: whoever looks need not look any more.
            if (all[i - 1].State is ChangeState.Detected or ChangeState.Acknowledged && all[i - 1].IsWorse && !all[i].IsWorse
                && Math.Abs((all[i].After / all[i - 1].Before) - 1) < new ChangePointOptions().MinimumMagnitude)
            {
                (all[i - 1].State, all[i - 1].StateAt) = (ChangeState.Fixed, clock.Now());
            }
        }

        // What the newer runs do not support any more, and what nobody has touched, was no change.
        var withdrawn = open.Where(row => row.State == ChangeState.Detected).ToList();
        db.Changes.RemoveRange(withdrawn);
        return (added, withdrawn.Count);
    }

    private ChangeRow New(Value first) => new()
    {
        Id = BenchId.New("chg", clock),
        CellId = first.CellId,
        Seed = first.Seed,
        ComparabilityKey = first.Key,
        Metric = first.Metric,
        Unit = first.Unit,
        Better = first.Better,
        LastRunBefore = "",
        FirstRunAfter = first.RunId,
        At = first.At,
        Before = 0,
        After = 0,
        PValue = 0,
        RunsAfter = 0,
        DetectedAt = clock.Now(),
        State = ChangeState.Detected,
    };

    private async Task NameCommitsAsync(List<ChangeRow> changes, List<Value> values, CancellationToken cancellation)
    {
        var runs = changes.SelectMany(row => new[] { row.LastRunBefore, row.FirstRunAfter }).ToHashSet(StringComparer.Ordinal);
        var hashOf = values.Where(value => runs.Contains(value.RunId)).DistinctBy(value => value.RunId).ToDictionary(value => value.RunId, value => value.EnvironmentHash, StringComparer.Ordinal);
        var hashes = hashOf.Values.Distinct().ToList();
        var commits = hashes.Count == 0 ? [] : (await db.Environments.AsNoTracking().Where(row => hashes.Contains(row.Hash)).ToListAsync(cancellation))
            .ToDictionary(row => row.Hash, row => row.Facts.GetValueOrDefault("git.commit", ""), StringComparer.Ordinal);
        foreach (var change in changes)
        {
            change.CommitBefore = commits.GetValueOrDefault(hashOf[change.LastRunBefore], "");
            change.CommitAfter = commits.GetValueOrDefault(hashOf[change.FirstRunAfter], "");
        }
    }

    private sealed record Value(
        string RunId, int CellId, int Seed, string Key, string EnvironmentHash, DateTime At, string Metric, string Unit, Better Better, double Median);
}

/// <summary>What a search did.</summary>
/// <param name="Histories">Histories that were long enough to be judged.</param>
/// <param name="Found">Changes that were not known before.</param>
/// <param name="Withdrawn">Changes that newer runs do not support any more.</param>
public sealed record ChangeSearchResult(int Histories, int Found, int Withdrawn);
