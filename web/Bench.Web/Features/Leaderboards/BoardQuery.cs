using Bench.Domain.Analysis;
using Bench.Domain.Results;
using Bench.Web.Features.Curves;
using Bench.Web.Features.Recall;
using Microsoft.Extensions.Caching.Memory;

namespace Bench.Web.Features.Leaderboards;

/// <summary>Ranks everyone who has a number in every cell of a board.</summary>
internal sealed class BoardQuery(CurveSheetQuery curves, RecallQuery recall, IMemoryCache cache)
{
    // The bootstrap's seed is part of the method: reloads agree.
    private const long Seed = 20_230_915;

    /// <summary>The board with its ranks; without cells when nothing is measured.</summary>
    public async Task<BoardView> ReadAsync(BoardDefinition board, string? group, CancellationToken cancellation = default) => board.IsCost
        ? await CostAsync(board, group, cancellation)
        : await RecallAsync(board, group, cancellation);

    private async Task<BoardView> CostAsync(BoardDefinition board, string? group, CancellationToken cancellation)
    {
        var sheet = await curves.ReadAsync(new CurvesFilter(board.Task, board.Pattern, null, group), cancellation);
        var view = new BoardView { Board = board, Groups = sheet.Groups, Group = sheet.Filter.Group, UpdatedAt = sheet.UpdatedAt, Setting = sheet.Shape?.ToString() ?? "" };
        if (sheet.Curves.FirstOrDefault(curve => curve.Id == sheet.Baseline) is not { Time.Points.Count: > 0 } baseline)
        {
            return view;
        }

        var reference = baseline.Time.Points.ToDictionary(point => point.Length, point => point.Median);
        var entrants = sheet.Curves.Select(curve => new Entrant(curve.Id, curve.Implementation, curve.Time.Points
            .Where(point => reference.ContainsKey(point.Length) && point.Median > 0)
            .ToDictionary(point => point.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), point => (IReadOnlyList<double>)[Math.Log(point.Median / reference[point.Length])], StringComparer.Ordinal))).ToList();
        return Rank(view, [.. reference.Keys.Order().Select(length => length.ToString(System.Globalization.CultureInfo.InvariantCulture))], entrants, Better.Lower) with { Baseline = baseline.Id };
    }

    private async Task<BoardView> RecallAsync(BoardDefinition board, string? group, CancellationToken cancellation)
    {
        var table = await recall.ReadAsync(new RecallFilter(board.Task, null, group), cancellation);
        var view = new BoardView { Board = board, Groups = table.Groups, Group = table.Filter.Group, UpdatedAt = table.UpdatedAt };
        var entrants = table.Rows.Where(row => row.Pattern == board.Pattern).Select(row => new Entrant(row.Name, row.Implementation, row.Values
            .Select((value, index) => (table.Columns[index].Label, value))
            .Where(cell => cell.value?.Median is not null)
            .ToDictionary(cell => cell.Label, cell => cell.value!.SeedValues, StringComparer.Ordinal))).ToList();
        return Rank(view, [.. table.Columns.Select(column => column.Label)], entrants, Better.Higher);
    }

    private BoardView Rank(BoardView view, IReadOnlyList<string> cells, List<Entrant> entrants, Better better)
    {
        var complete = entrants.Where(entrant => cells.All(entrant.Scores.ContainsKey)).ToList();
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
            Rows = [.. ranked.Select(row => new BoardRow(row, byId[row.Entrant].Implementation, [.. cells.Select(cell => byId[row.Entrant].Scores[cell].Average())]))],
            Partial = [.. entrants.Except(complete).OrderBy(entrant => entrant.Id, StringComparer.Ordinal).Select(entrant => new PartialRow(entrant.Id, entrant.Implementation, entrant.Scores.Count))],
        };
    }

    private sealed record Entrant(string Id, string Implementation, Dictionary<string, IReadOnlyList<double>> Scores);
}

/// <summary>A board and its ranks.</summary>
internal sealed record BoardView
{
    /// <summary>What is ranked.</summary>
    public required BoardDefinition Board { get; init; }

    /// <summary>Kinds of environment to choose from.</summary>
    public IReadOnlyList<EnvironmentGroup> Groups { get; init; } = [];

    /// <summary>Kind of environment that is shown.</summary>
    public string? Group { get; init; }

    /// <summary>Shape of the cells.</summary>
    public string Setting { get; init; } = "";

    /// <summary>What times are divided by; null on other boards.</summary>
    public string? Baseline { get; init; }

    /// <summary>Cells in order of difficulty.</summary>
    public IReadOnlyList<string> Cells { get; init; } = [];

    /// <summary>Entrants with a number in every cell, by rank.</summary>
    public IReadOnlyList<BoardRow> Rows { get; init; } = [];

    /// <summary>Entrants without, who are not ranked.</summary>
    public IReadOnlyList<PartialRow> Partial { get; init; } = [];

    /// <summary>Newest number.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }
}

/// <summary>One ranked entrant; scores of cost boards are logarithms of ratios.</summary>
internal sealed record BoardRow(RankedEntrant Rank, string Implementation, IReadOnlyList<double> Cells);

/// <summary>One entrant that lacks numbers.</summary>
internal sealed record PartialRow(string Id, string Implementation, int Count);
