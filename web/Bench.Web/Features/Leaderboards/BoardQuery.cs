using System.Globalization;
using Bench.Data;
using Bench.Domain.Analysis;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Web.Features.Curves;
using Bench.Web.Features.Recall;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;

namespace Bench.Web.Features.Leaderboards;

/// <summary>Ranks everyone who has a number in every cell of a board.</summary>
internal sealed class BoardQuery(CurveSheetQuery curves, RecallQuery recall, TaskScores tasks, IDbContextFactory<BenchDbContext> contexts, IMemoryCache cache)
{
    /// <summary>Division of implementations with the options of their authors.</summary>
    public const string Closed = "closed";

    /// <summary>Division of everything else that says what it is.</summary>
    public const string Open = "open";

    // The bootstrap's seed is part of the method: reloads agree.
    private const long Seed = 20_230_915;
    private const int Days = 60;
    private static readonly TimeSpan AgentsLifetime = TimeSpan.FromMinutes(10);

    /// <summary>The board with its ranks; without cells when nothing is measured.</summary>
    /// <param name="board">What to rank.</param>
    /// <param name="group">Kind of environment; null for the one with most results.</param>
    /// <param name="division"><see cref="Closed"/> or <see cref="Open"/>; the two never share a ranking.</param>
    /// <param name="cancellation">The reader is gone.</param>
    public async Task<BoardView> ReadAsync(BoardDefinition board, string? group, string division = Closed, CancellationToken cancellation = default)
    {
        var view = board.Kind switch
        {
            BoardKind.Speed => await SpeedAsync(board, group, division, cancellation),
            BoardKind.EfficiencyLength => await LengthAsync(board, group, division, cancellation),
            BoardKind.Recall => await RecallAsync(board, group, division, cancellation),
            BoardKind.Compositional => Index(await tasks.ReadAsync(board, group, cancellation), division),
            _ => Accuracy(await tasks.ReadAsync(board, group, cancellation), division),
        };
        return view.Rows.Count == 0 ? view : await WithPastAsync(view, cancellation);
    }

    private async Task<BoardView> SpeedAsync(BoardDefinition board, string? group, string division, CancellationToken cancellation)
    {
        var sheet = await curves.ReadPlainAsync(new CurvesFilter(board.Task, board.Pattern, null, group), cancellation);
        var view = Empty(board, sheet.Groups, sheet.Filter.Group, division) with { UpdatedAt = sheet.UpdatedAt, Setting = sheet.Shape?.ToString() ?? "" };
        if (sheet.Curves.FirstOrDefault(curve => curve.Id == sheet.Baseline) is not { Time.Points.Count: > 0 } baseline)
        {
            return view;
        }

        var reference = baseline.Time.Points.ToDictionary(point => point.Length, point => point.Median);
        var entrants = sheet.Curves.Select(curve => new Entrant(curve.Id, curve.Implementation, curve.Time.Points
            .Where(point => reference.ContainsKey(point.Length) && point.Median > 0)
            .ToDictionary(point => Label(point.Length), point => (IReadOnlyList<double>)[Math.Log(point.Median / reference[point.Length])], StringComparer.Ordinal))).ToList();
        return Rank(view, [.. reference.Keys.Order().Select(length => new BoardCell(Label(length), 1.0 / reference.Count))], entrants, Better.Lower, keep: baseline.Id) with { Baseline = baseline.Id };
    }

    /// <summary>Ranks by intervals: one is ahead of another only if its whole interval is. Medians of few lengths leave nothing to resample.</summary>
    private async Task<BoardView> LengthAsync(BoardDefinition board, string? group, string division, CancellationToken cancellation)
    {
        var sheet = await curves.ReadAsync(new CurvesFilter(board.Task, board.Pattern, null, group), cancellation);
        var view = Empty(board, sheet.Groups, sheet.Filter.Group, division) with { UpdatedAt = sheet.UpdatedAt, Setting = sheet.Shape?.ToString() ?? "", Baseline = sheet.Baseline };
        var all = sheet.Curves.Where(curve => curve.Id != sheet.Baseline).ToList();
        var here = all.Where(curve => IsOf(division, curve.Id)).ToList();
        var ranked = here.Select(curve => (Curve: curve, Time: Place(curve.TimeLength), Memory: Place(curve.MemoryLength))).Where(one => one.Time is not null).ToList();
        var beats = new bool[ranked.Count, ranked.Count];
        for (var i = 0; i < ranked.Count; i++)
        {
            for (var j = 0; j < ranked.Count; j++)
            {
                beats[i, j] = i != j && ranked[i].Time!.Value.High < ranked[j].Time!.Value.Low;
            }
        }

        var ranks = BoardRanking.Ranks(beats);
        var rows = ranked.Select((one, i) => new BoardRow(
            new RankedEntrant
            {
                Entrant = one.Curve.Id,
                Score = one.Time!.Value.Value,
                BestRank = ranks[i].Best,
                WorstRank = ranks[i].Worst,
                TiedWith = Enumerable.Range(0, ranked.Count).Count(j => j != i && !beats[i, j] && !beats[j, i]),
                ResolvableDifference = null,
            },
            one.Curve.Implementation, [one.Memory?.Value])
        { ScoreText = CurvesCharts.Text(one.Curve.TimeLength!), MemoryText = one.Curve.MemoryLength is { } memory ? CurvesCharts.Text(memory) : "" });
        return view with
        {
            Cells = here.Count == 0 ? [] : [new BoardCell("memory, not ranked", 0)],
            Rows = [.. rows.OrderBy(row => row.Rank.BestRank).ThenBy(row => row.Rank.Score).ThenBy(row => row.Rank.Entrant, StringComparer.Ordinal)],
            Partial = [.. here.Where(curve => Place(curve.TimeLength) is null).Select(curve => new PartialRow(curve.Id, curve.Implementation, 0))],
            Elsewhere = all.Count - here.Count,
        };
    }

    private async Task<BoardView> RecallAsync(BoardDefinition board, string? group, string division, CancellationToken cancellation)
    {
        var table = await recall.ReadAsync(new RecallFilter(board.Task, null, group, Pattern: board.Pattern.Name), cancellation);
        var view = Empty(board, table.Groups, table.Filter.Group, division) with { UpdatedAt = table.UpdatedAt };
        var entrants = table.Rows.Where(row => row.Pattern == board.Pattern).Select(row => new Entrant(row.Name, row.Implementation, row.Values
            .Select((value, index) => (table.Columns[index].Label, value))
            .Where(cell => cell.value?.Median is not null)
            .ToDictionary(cell => cell.Label, cell => cell.value!.SeedValues, StringComparer.Ordinal))).ToList();
        return Rank(view, [.. table.Columns.Select(column => new BoardCell(column.Label, 1.0 / table.Columns.Count))], entrants, Better.Higher);
    }

    private BoardView Accuracy(TaskScores.Reading reading, string division)
    {
        var board = reading.Board;
        var entrants = OfOneSetting(reading.Scores.Where(score => score.Metric == Metric.Accuracy.Name && board.Tasks.Contains(score.Task) && IsOf(board, score)))
            .GroupBy(score => (score.Series, score.Implementation))
            .Select(group => new Entrant(group.Key.Series, group.Key.Implementation, group.GroupBy(score => Short(score.Task)).ToDictionary(cell => cell.Key, cell => cell.First().Seeds, StringComparer.Ordinal))).ToList();
        return Rank(Empty(board, reading.Groups, reading.Group, division) with { UpdatedAt = reading.UpdatedAt }, [.. board.Tasks.Select(task => new BoardCell(Short(task), 1.0 / board.Tasks.Count))], entrants, Better.Higher);

        static string Short(string task) => task[(task.IndexOf('/', StringComparison.Ordinal) + 1)..];
    }

    private static bool IsOf(BoardDefinition board, TaskScore score) => board.Setting is not { } setting
        || (score.Parameter("config", "small") == setting.Config && (setting.Data is null || score.Parameter("data") == setting.Data));

    /// <summary>Of every task the scores of the setting that most implementations share: figures of different sizes or data never stand in one column.</summary>
    private static IEnumerable<TaskScore> OfOneSetting(IEnumerable<TaskScore> scores) => scores.GroupBy(score => score.Task).SelectMany(task => task
        .GroupBy(score => score.Setting, StringComparer.Ordinal)
        .OrderByDescending(setting => setting.DistinctBy(score => score.Implementation).Count()).ThenBy(setting => setting.Key, StringComparer.Ordinal).First());

    private BoardView Index(TaskScores.Reading reading, string division)
    {
        var board = reading.Board;
        var columns = CompositionalConstants.Cab.Of(board.Pattern).ToList();
        var groups = columns.GroupBy(column => column.Group).ToList();
        var entrants = reading.Scores.GroupBy(score => (score.Series, score.Implementation)).Select(group =>
        {
            var values = columns.Select(column => (column, Seeds: CabColumns.Seeds(group, column)?.Select(column.Normalise).ToList()))
                .ToDictionary(pair => pair.column, pair => pair.Seeds);
            return new Entrant(group.Key.Series, group.Key.Implementation, groups
                .Where(task => task.All(column => values[column] is { Count: > 0 }))
                .ToDictionary(task => task.Key, task => (IReadOnlyList<double>)[.. Enumerable.Range(0, task.Min(column => values[column]!.Count)).Select(seed => task.Average(column => values[column]![seed]))], StringComparer.Ordinal));
        }).Where(entrant => entrant.Scores.Count > 0).ToList();
        return Rank(Empty(board, reading.Groups, reading.Group, division) with { UpdatedAt = reading.UpdatedAt }, [.. groups.Select(task => new BoardCell(task.Key, 1.0 / groups.Count))], entrants, Better.Higher);
    }

    private static BoardView Empty(BoardDefinition board, IReadOnlyList<EnvironmentGroup> groups, string? group, string division) =>
        new() { Board = board, Groups = groups, Group = group, Division = division };

    private BoardView Rank(BoardView view, IReadOnlyList<BoardCell> cells, List<Entrant> all, Better better, string? keep = null)
    {
        var entrants = all.Where(entrant => entrant.Id == keep || IsOf(view.Division, entrant.Id)).ToList();
        var complete = entrants.Where(entrant => cells.All(cell => entrant.Scores.ContainsKey(cell.Label))).ToList();
        var scores = complete.SelectMany(entrant => entrant.Scores.SelectMany(cell => cell.Value.Select((value, seed) => new BoardScore(entrant.Id, cell.Key, seed, value)))).ToList();
        var key = $"board|{view.Board.Hash}|" + string.Join('|', scores.Select(score => FormattableString.Invariant($"{score.Entrant}:{score.Cell}:{score.Value:R}")));
        var ranked = scores.Count == 0 ? [] : cache.GetOrCreate(key, entry =>
        {
            entry.SlidingExpiration = TimeSpan.FromHours(6);
            return BoardRanking.Rank(scores, better, Seed);
        })!;
        var byId = entrants.ToDictionary(entrant => entrant.Id, StringComparer.Ordinal);
        return view with
        {
            Cells = cells,
            Rows = [.. ranked.Select(row => new BoardRow(Finite(row), byId[row.Entrant].Implementation, [.. cells.Select(cell => (double?)byId[row.Entrant].Scores[cell.Label].Average())]))],
            Partial = [.. entrants.Except(complete).OrderBy(entrant => entrant.Id, StringComparer.Ordinal).Select(entrant => new PartialRow(entrant.Id, entrant.Implementation, entrant.Scores.Count))],
            Elsewhere = all.Count - entrants.Count,
        };
    }

    /// <summary>Adds who measured what, and where everybody stood before.</summary>
    private async Task<BoardView> WithPastAsync(BoardView view, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var agents = (await cache.GetOrCreateAsync($"board-agents|{view.Board.Slug}|{view.Group}", async entry =>
        {
            entry.AbsoluteExpirationRelativeToNow = AgentsLifetime;
            var (task, pattern, group) = (view.Board.Task, view.Board.Pattern, view.Group);
            var pairs = await db.Cells.Where(cell => (cell.Task == task || (task.EndsWith('/') && cell.Task.StartsWith(task))) && cell.Pattern == pattern)
                .Join(db.Runs.Where(run => run.ComparabilityKey == group && run.Outcome == Outcome.Succeeded), cell => cell.Id, run => run.CellId, (cell, run) => new { cell.Implementation, run.AgentId })
                .Distinct().ToListAsync(cancellation);
            return pairs.GroupBy(pair => pair.Implementation, StringComparer.Ordinal).ToDictionary(pair => pair.Key, pair => pair.Count(), StringComparer.Ordinal);
        }))!;
        // Primary key of board_ranks.
        var past = (await db.BoardRanks.AsNoTracking().Where(row => row.Board == view.Board.Slug && row.ComparabilityKey == view.Group)
            .OrderByDescending(row => row.Day).Take(Days * view.Rows.Count).ToListAsync(cancellation)).ToLookup(row => row.Entrant, StringComparer.Ordinal);
        return view with
        {
            Rows = [.. view.Rows.Select(row => row with
            {
                Agents = agents.GetValueOrDefault(row.Implementation),
                History = [.. past[row.Rank.Entrant].OrderBy(rank => rank.Day).Select(rank => (rank.Day, rank.BestRank, rank.Definition == view.Board.Hash))],
            })],
        };
    }

    /// <summary>Without a spread there is no difference that could be resolved; JSON knows no infinity.</summary>
    private static RankedEntrant Finite(RankedEntrant row) =>
        row.ResolvableDifference is { } least && !double.IsFinite(least) ? row with { ResolvableDifference = null } : row;

    /// <summary>Where an efficiency length lies for certain; null when there is none to rank.</summary>
    private static (double Value, double Low, double High)? Place(EfficiencyLength? length) => length switch
    {
        { Censoring: Censoring.BelowRange } => (length.Range.First, 0, length.Range.First),
        { Censoring: Censoring.AboveRange } => (length.Range.Last, length.Range.Last, double.PositiveInfinity),
        { Value: { } value } => (value, length.Interval?.Lower ?? value, length.Interval?.Upper ?? value),
        _ => null,
    };

    /// <summary>An entrant whose name carries an option, or that is a mixture of layers, is of the open division.</summary>
    private static bool IsOf(string division, string id) => (id.Contains(' ', StringComparison.Ordinal) || id.StartsWith("hybrid/", StringComparison.Ordinal)) == (division == Open);

    private static string Label(int length) => length.ToString(CultureInfo.InvariantCulture);

    private sealed record Entrant(string Id, string Implementation, Dictionary<string, IReadOnlyList<double>> Scores);
}
