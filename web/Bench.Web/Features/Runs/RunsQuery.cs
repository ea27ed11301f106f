using System.Runtime.CompilerServices;
using System.Text.Json;
using Bench.Data;
using Bench.Data.Rows;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Web.Api;
using Bench.Web.Exports;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Features.Runs;

/// <summary>Lists and exports runs.</summary>
internal sealed class RunsQuery(IDbContextFactory<BenchDbContext> contexts, Cursors cursors)
{
    private const int ExportChunk = 500;

    /// <summary>Columns of an export: one row for each metric of each run, and one for each run without a metric.</summary>
    public static IReadOnlyList<ExportColumn<RunExport>> Columns { get; } =
    [
        ExportColumn<RunExport>.Text("runId", row => row.Run.Id),
        ExportColumn<RunExport>.Text("receivedAt", row => Instant(row.Run.ReceivedAt)),
        ExportColumn<RunExport>.Text("startedAt", row => Instant(row.Run.StartedAt)),
        ExportColumn<RunExport>.Text("finishedAt", row => Instant(row.Run.FinishedAt)),
        ExportColumn<RunExport>.Text("suite", row => row.Run.Suite),
        ExportColumn<RunExport>.Text("cellKey", row => row.Cell.Key),
        ExportColumn<RunExport>.Text("task", row => row.Cell.Task),
        ExportColumn<RunExport>.Text("mechanism", row => row.Cell.Mechanism),
        ExportColumn<RunExport>.Text("implementation", row => row.Cell.Implementation),
        ExportColumn<RunExport>.Text("pattern", row => row.Cell.Pattern.Name),
        ExportColumn<RunExport>.Whole("batch", row => row.Cell.Batch),
        ExportColumn<RunExport>.Whole("heads", row => row.Cell.Heads),
        ExportColumn<RunExport>.Whole("headSize", row => row.Cell.HeadSize),
        ExportColumn<RunExport>.Whole("length", row => row.Cell.Length),
        ExportColumn<RunExport>.Whole("sourceLength", row => row.Cell.SourceLength),
        ExportColumn<RunExport>.Text("dtype", row => row.Cell.Dtype),
        ExportColumn<RunExport>.Text("device", row => row.Cell.Device),
        ExportColumn<RunExport>.Text("options", row => JsonSerializer.Serialize(row.Cell.Options)),
        ExportColumn<RunExport>.Text("parameters", row => JsonSerializer.Serialize(row.Cell.Parameters)),
        ExportColumn<RunExport>.Whole("seed", row => row.Run.Seed),
        ExportColumn<RunExport>.Text("outcome", row => JsonNamingPolicy.SnakeCaseLower.ConvertName(row.Run.Outcome.ToString())),
        ExportColumn<RunExport>.Text("failure", row =>
            row.Run.FailureClass is { } failure ? JsonNamingPolicy.SnakeCaseLower.ConvertName(failure.ToString()) : null),
        ExportColumn<RunExport>.Text("failureMessage", row => row.Run.FailureMessage),
        ExportColumn<RunExport>.Text("deviceClass", row => row.Run.DeviceClass),
        ExportColumn<RunExport>.Text("comparabilityKey", row => row.Run.ComparabilityKey),
        ExportColumn<RunExport>.Text("environmentHash", row => row.Run.EnvironmentHash),
        ExportColumn<RunExport>.Text("buildHash", row => row.Run.BuildHash),
        ExportColumn<RunExport>.Text("agent", row => row.Agent),
        ExportColumn<RunExport>.Text("metric", row => row.Metric?.Name),
        ExportColumn<RunExport>.Text("unit", row => row.Metric?.Unit),
        ExportColumn<RunExport>.Text("better", row => row.Metric is { } metric ? JsonNamingPolicy.SnakeCaseLower.ConvertName(metric.Better.ToString()) : null),
        ExportColumn<RunExport>.Number("median", row => row.Metric?.Median),
        ExportColumn<RunExport>.Number("low", row => row.Metric?.Low),
        ExportColumn<RunExport>.Number("high", row => row.Metric?.High),
        ExportColumn<RunExport>.Whole("count", row => row.Metric?.Count),
        ExportColumn<RunExport>.Text("samples", row => row.Metric is { } metric ? JsonSerializer.Serialize(metric.Samples) : null),
    ];

    /// <summary>Runs from the newest on.</summary>
    /// <returns>Null when the cursor is not one of ours.</returns>
    public async Task<Page<RunSummary>?> ListAsync(RunsFilter filter, int limit, string? cursor, CancellationToken cancellation = default)
    {
        var from = cursor is null ? null : cursors.Read(cursor);
        if (cursor is not null && from is null)
        {
            return null;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var rows = await Page(db, filter, from).Take(limit + 1)
            .Select(row => new
            {
                row.Run.ReceivedAt,
                Summary = new RunSummary(
                    row.Run.Id, row.Cell.Key, row.Cell.Task, row.Cell.Implementation, row.Cell.Pattern, row.Cell.Length, row.Run.Seed, row.Run.Suite,
                    row.Run.AgentId, row.Run.Outcome, row.Run.FailureClass, row.Run.DeviceClass, row.Run.ReceivedAt, row.Run.IsLatest),
            })
            .ToListAsync(cancellation);
        var shown = rows.Take(limit).ToList();
        return new Page<RunSummary>(
            [.. shown.Select(row => row.Summary)], rows.Count > limit ? cursors.After(shown[^1].ReceivedAt, shown[^1].Summary.Id) : null);
    }

    /// <summary>Every run that the filter lets through with its samples, in chunks, newest first.</summary>
    public async IAsyncEnumerable<RunExport> ExportAsync(RunsFilter filter, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var agents = await db.Agents.AsNoTracking().ToDictionaryAsync(row => row.Id, row => row.Name, cancellation);
        (DateTime, string)? from = null;
        while (true)
        {
            var chunk = await Page(db, filter, from).Take(ExportChunk).AsNoTracking().ToListAsync(cancellation);
            var ids = chunk.Select(row => row.Run.Id).ToList();
            var metrics = (await db.RunMetrics.AsNoTracking().Where(row => ids.Contains(row.RunId)).OrderBy(row => row.Name).ToListAsync(cancellation))
                .ToLookup(row => row.RunId);
            foreach (var row in chunk)
            {
                foreach (var metric in metrics[row.Run.Id].DefaultIfEmpty())
                {
                    yield return new RunExport(row.Run, row.Cell, agents[row.Run.AgentId], metric);
                }
            }

            if (chunk.Count < ExportChunk)
            {
                yield break;
            }

            from = (chunk[^1].Run.ReceivedAt, chunk[^1].Run.Id);
        }
    }

    /// <summary>Index (received_at, id) of runs, walked backwards; with a cell filter index (cell_id, id).</summary>
    private static IQueryable<RunAndCell> Page(BenchDbContext db, RunsFilter filter, (DateTime At, string Id)? from)
    {
        var rows = db.Runs.Join(db.Cells, run => run.CellId, cell => cell.Id, (run, cell) => new RunAndCell { Run = run, Cell = cell });
        if (from is var (at, id))
        {
            // The database compares; the comparison that the analyzer asks for has no SQL.
#pragma warning disable CA1309
            rows = rows.Where(row => row.Run.ReceivedAt < at || (row.Run.ReceivedAt == at && string.Compare(row.Run.Id, id) < 0));
#pragma warning restore CA1309
        }

        rows = filter.Mechanisms.Length > 0 ? rows.Where(row => filter.Mechanisms.Contains(row.Cell.Mechanism)) : rows;
        rows = filter.Implementations.Length > 0 ? rows.Where(row => filter.Implementations.Contains(row.Cell.Implementation)) : rows;
        rows = filter.Tasks.Length > 0 ? rows.Where(row => filter.Tasks.Contains(row.Cell.Task)) : rows;
        rows = filter.Suite is { } suite ? rows.Where(row => row.Run.Suite == suite) : rows;
        rows = filter.CellKey is { } key ? rows.Where(row => row.Cell.Key == key) : rows;
        rows = filter.AgentId is { } agent ? rows.Where(row => row.Run.AgentId == agent) : rows;
        rows = filter.Outcome is { } outcome ? rows.Where(row => row.Run.Outcome == outcome) : rows;
        rows = filter.Since is { } since ? rows.Where(row => row.Run.ReceivedAt >= since) : rows;
        rows = filter.LatestOnly ? rows.Where(row => row.Run.IsLatest) : rows;
        return rows.OrderByDescending(row => row.Run.ReceivedAt).ThenByDescending(row => row.Run.Id);
    }

    private static string Instant(DateTime at) => at.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);

    private sealed class RunAndCell
    {
        public required RunRow Run { get; init; }
        public required CellRow Cell { get; init; }
    }
}

/// <summary>Which runs to list; values of one field are alternatives, fields are all required.</summary>
internal sealed record RunsFilter
{
    public string[] Mechanisms { get; init; } = [];
    public string[] Implementations { get; init; } = [];
    public string[] Tasks { get; init; } = [];
    public string? Suite { get; init; }
    public string? CellKey { get; init; }
    public string? AgentId { get; init; }
    public Outcome? Outcome { get; init; }
    public DateTime? Since { get; init; }
    public bool LatestOnly { get; init; }
}

/// <summary>A run in a list.</summary>
internal sealed record RunSummary(
    string Id, string CellKey, string Task, string Implementation, AttentionPattern Pattern, int Length, int Seed, string Suite, string AgentId,
    Outcome Outcome, FailureClass? Failure, string DeviceClass, DateTimeOffset ReceivedAt, bool IsLatest);

/// <summary>One row of an export.</summary>
internal sealed record RunExport(RunRow Run, CellRow Cell, string Agent, RunMetricRow? Metric);
