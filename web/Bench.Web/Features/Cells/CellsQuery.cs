using System.Globalization;
using Bench.Data;
using Bench.Data.Rows;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Web.Api;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Features.Cells;

/// <summary>Lists cells, and reads one with how it ended in each kind of environment.</summary>
internal sealed class CellsQuery(IDbContextFactory<BenchDbContext> contexts, Cursors cursors)
{
    /// <summary>Cells in the order in which they were first planned.</summary>
    /// <returns>Null when the cursor is not one of ours.</returns>
    public async Task<Page<CellSummary>?> ListAsync(CellsFilter filter, int limit, string? cursor, CancellationToken cancellation = default)
    {
        var after = 0;
        if (cursor is not null && (cursors.Read(cursor) is not var (_, text) || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out after)))
        {
            return null;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellation);
        // The primary key, walked forwards; with filters the indices (task, pattern) or mechanism.
        var rows = db.Cells.AsNoTracking().Where(row => row.Id > after);
        rows = filter.Mechanisms.Length > 0 ? rows.Where(row => filter.Mechanisms.Contains(row.Mechanism)) : rows;
        rows = filter.Implementations.Length > 0 ? rows.Where(row => filter.Implementations.Contains(row.Implementation)) : rows;
        rows = filter.Tasks.Length > 0 ? rows.Where(row => filter.Tasks.Contains(row.Task)) : rows;
        rows = filter.Pattern is { } pattern ? rows.Where(row => row.Pattern == pattern) : rows;
        rows = filter.LengthFrom is { } from ? rows.Where(row => row.Length >= from) : rows;
        rows = filter.LengthTo is { } to ? rows.Where(row => row.Length <= to) : rows;
        var found = await rows.OrderBy(row => row.Id).Take(limit + 1).ToListAsync(cancellation);
        var shown = found.Take(limit).ToList();
        return new Page<CellSummary>(
            [.. shown.Select(CellSummary.Of)],
            found.Count > limit ? cursors.After(DateTime.UnixEpoch, shown[^1].Id.ToString(CultureInfo.InvariantCulture)) : null);
    }

    /// <summary>One cell by its key; null when it was never planned.</summary>
    public async Task<CellDetail?> FindAsync(string key, CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        if (await db.Cells.AsNoTracking().SingleOrDefaultAsync(row => row.Key == key, cancellation) is not { } cell)
        {
            return null;
        }

        var states = await db.CellStates.AsNoTracking().Where(row => row.CellId == cell.Id).OrderBy(row => row.ComparabilityKey).ToListAsync(cancellation);
        var numbers = await db.CellSummaries.AsNoTracking().Where(row => row.CellId == cell.Id).OrderBy(row => row.Metric).ToListAsync(cancellation);
        return new CellDetail(
            CellSummary.Of(cell),
            [.. states.Select(state => new CellResult(
                state.ComparabilityKey, state.DeviceClass, state.Outcome, state.FailureClass, state.FailureMessage, state.RunId, state.Seeds,
                state.FailedSeeds, state.UpdatedAt,
                [.. numbers.Where(number => number.ComparabilityKey == state.ComparabilityKey).Select(number => new CellNumber(
                    number.Metric, number.Unit, number.Median, number.Low, number.High, number.Count, number.RunId))]))]);
    }
}

/// <summary>Which cells to list; values of one field are alternatives, fields are all required.</summary>
internal sealed record CellsFilter
{
    public string[] Mechanisms { get; init; } = [];
    public string[] Implementations { get; init; } = [];
    public string[] Tasks { get; init; } = [];
    public AttentionPattern? Pattern { get; init; }
    public int? LengthFrom { get; init; }
    public int? LengthTo { get; init; }
}

/// <summary>A cell in a list.</summary>
internal sealed record CellSummary(
    string Key, string Task, string Mechanism, string Implementation, AttentionPattern Pattern, int Batch, int Heads, int HeadSize, int Length,
    int? SourceLength, string Dtype, string Device, SortedDictionary<string, string> Options, SortedDictionary<string, string> Parameters)
{
    /// <summary>The summary of a row.</summary>
    public static CellSummary Of(CellRow row) => new(
        row.Key, row.Task, row.Mechanism, row.Implementation, row.Pattern, row.Batch, row.Heads, row.HeadSize, row.Length, row.SourceLength, row.Dtype,
        row.Device, row.Options, row.Parameters);
}

/// <summary>A cell with its newest numbers in each kind of environment.</summary>
internal sealed record CellDetail(CellSummary Cell, IReadOnlyList<CellResult> Results);

/// <summary>How a cell ended last in one kind of environment.</summary>
internal sealed record CellResult(
    string ComparabilityKey, string DeviceClass, Outcome Outcome, FailureClass? Failure, string? Message, string? RunId, int Seeds, int FailedSeeds,
    DateTimeOffset UpdatedAt, IReadOnlyList<CellNumber> Numbers);

/// <summary>The newest number of one metric.</summary>
internal sealed record CellNumber(string Metric, string Unit, double Median, double Low, double High, int Count, string RunId);
