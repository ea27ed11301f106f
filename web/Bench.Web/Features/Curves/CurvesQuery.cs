using Bench.Data;
using Bench.Data.Rows;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Features.Curves;

/// <summary>Cost over sequence length: one line for each implementation, in one kind of environment.</summary>
internal sealed class CurvesQuery(IDbContextFactory<BenchDbContext> contexts)
{
    /// <summary>Prefix of the tasks that measure cost.</summary>
    public const string TaskPrefix = "efficiency/";

    /// <summary>Implementation that others are compared with, unless another is asked for.</summary>
    public const string DefaultBaseline = "softmax/sdpa";

    /// <summary>The lines for a filter; what the filter leaves open is chosen so that most points show.</summary>
    /// <returns>A view without series when nothing is measured yet.</returns>
    public async Task<CurvesView> ReadAsync(CurvesFilter filter, CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var tasks = await db.Cells.Where(cell => cell.Task.StartsWith(TaskPrefix)).Select(cell => cell.Task).Distinct().Order().ToListAsync(cancellation);
        if (tasks.Count == 0)
        {
            return CurvesView.Empty(filter);
        }

        var task = tasks.Contains(filter.Task ?? "") ? filter.Task! : tasks.FirstOrDefault(name => name == TaskPrefix + "forward") ?? tasks[0];
        var groups = await EnvironmentGroup.ListAsync(db, [task], cancellation);
        var group = groups.FirstOrDefault(candidate => candidate.Key == filter.Group) ?? (groups.Count > 0 ? groups[0] : null);
        if (group is null)
        {
            return CurvesView.Empty(filter) with { Tasks = tasks };
        }

        // Index (task, pattern) of cells, then the key of cell_states.
        var cells = await db.Cells.AsNoTracking().Where(cell => cell.Task == task)
            .Join(db.CellStates.Where(state => state.ComparabilityKey == group.Key), cell => cell.Id, state => state.CellId,
                (cell, state) => new MeasuredCell(cell, state))
            .ToListAsync(cancellation);
        var patterns = AttentionPatterns.All.Where(pattern => cells.Exists(one => one.Cell.Pattern == pattern)).ToList();
        var pattern = filter.Pattern is { } asked && patterns.Contains(asked) ? asked : patterns[0];
        var ofPattern = cells.Where(one => one.Cell.Pattern == pattern).ToList();
        var shapes = ofPattern.GroupBy(one => CurveShape.Of(one.Cell)).OrderByDescending(shape => shape.Count()).ThenBy(shape => shape.Key.ToString())
            .Select(shape => shape.Key).ToList();
        var shape = shapes.Find(candidate => candidate.ToString() == filter.Shape) ?? shapes[0];
        var shown = ofPattern.Where(one => CurveShape.Of(one.Cell) == shape).ToList();
        var ids = shown.Select(one => one.Cell.Id).ToList();
        var summaries = await db.CellSummaries.AsNoTracking()
            .Where(row => row.ComparabilityKey == group.Key && ids.Contains(row.CellId)).ToListAsync(cancellation);
        var metrics = summaries.Select(row => row.Metric).Distinct().Order(StringComparer.Ordinal).ToList();
        var metric = metrics.Contains(filter.Metric ?? "") ? filter.Metric!
            : metrics.Contains(Metric.TimeMs.Name) ? Metric.TimeMs.Name : metrics.FirstOrDefault() ?? Metric.TimeMs.Name;
        var titles = await db.Implementations.AsNoTracking().ToDictionaryAsync(row => row.Id, row => row.Entry, cancellation);
        var series = Series(shown, summaries.Where(row => row.Metric == metric).ToDictionary(row => row.CellId), titles);
        var unit = summaries.Find(row => row.Metric == metric);
        return new CurvesView
        {
            Filter = new CurvesFilter(task, pattern, metric, group.Key, shape.ToString(), Baseline(filter.Baseline, series)),
            Tasks = tasks,
            Patterns = patterns,
            Metrics = metrics,
            Groups = groups,
            Shapes = [.. shapes.Select(candidate => candidate.ToString())],
            Unit = unit?.Unit ?? "",
            Better = unit?.Better ?? Better.Lower,
            Series = series,
            UpdatedAt = shown.Max(one => one.State.UpdatedAt),
        };
    }

    /// <summary>All samples of the points of a view, by run; for statistics that resample repetitions.</summary>
    public async Task<IReadOnlyDictionary<string, double[]>> SamplesAsync(CurvesView view, CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var runs = view.Series.SelectMany(series => series.Points).Where(point => point.RunId is not null).Select(point => point.RunId!).ToList();
        return await db.RunMetrics.AsNoTracking().Where(row => row.Name == view.Filter.Metric && runs.Contains(row.RunId))
            .ToDictionaryAsync(row => row.RunId, row => row.Samples, cancellation);
    }

    private static string Baseline(string? asked, List<CurveSeries> series) =>
        series.Find(one => one.Name == asked)?.Name
        ?? series.Find(one => one.Name == DefaultBaseline)?.Name
        ?? series.Find(one => one.Mechanism == "softmax")?.Name
        ?? (series.Count > 0 ? series[0].Name : DefaultBaseline);

    private static List<CurveSeries> Series(
        List<MeasuredCell> cells, Dictionary<int, CellSummaryRow> summaries, Dictionary<string, Domain.Catalogue.ImplementationEntry> titles) =>
    [
        .. cells.GroupBy(one => SeriesName.Of(one.Cell)).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group =>
        {
            var first = group.First().Cell;
            var entry = titles.GetValueOrDefault(first.Implementation);
            return new CurveSeries(
                group.Key, first.Implementation, first.Mechanism, entry?.Title ?? first.Mechanism, entry?.Family ?? "",
                [.. group.OrderBy(one => one.Cell.Length).Select(one => Point(one, summaries.GetValueOrDefault(one.Cell.Id)))]);
        }),
    ];

    private static LengthPoint Point(MeasuredCell one, CellSummaryRow? summary) => summary is null
        ? new LengthPoint(one.Cell.Length, null, null, null, 0, one.State.RunId, one.Cell.Key, one.State.FailureClass,
            one.State.FailureClass?.Glyph ?? "n/m", one.State.FailureMessage)
        : new LengthPoint(one.Cell.Length, summary.Median, summary.Low, summary.High, summary.Count, summary.RunId, one.Cell.Key, null, null, null);

    private sealed record MeasuredCell(CellRow Cell, CellStateRow State);
}

/// <summary>What to draw; null leaves the choice to the query.</summary>
internal sealed record CurvesFilter(
    string? Task = null, AttentionPattern? Pattern = null, string? Metric = null, string? Group = null, string? Shape = null, string? Baseline = null);

/// <summary>Sizes that all points of a chart share.</summary>
internal sealed record CurveShape(int Batch, int Heads, int HeadSize, string Dtype, string Parameters)
{
    /// <summary>The shape of a cell.</summary>
    public static CurveShape Of(CellRow cell) => new(
        cell.Batch, cell.Heads, cell.HeadSize, cell.Dtype, string.Join(' ', cell.Parameters.Select(pair => $"{pair.Key}={pair.Value}")));

    /// <summary>Such as <c>B1 H8 D64 float32</c>.</summary>
    public override string ToString() => $"B{Batch} H{Heads} D{HeadSize} {Dtype} {Parameters}".TrimEnd();
}

/// <summary>Everything that the chart, its table and its filters show.</summary>
internal sealed record CurvesView
{
    /// <summary>The filter with every choice made.</summary>
    public required CurvesFilter Filter { get; init; }

    /// <summary>Tasks to choose from.</summary>
    public IReadOnlyList<string> Tasks { get; init; } = [];

    /// <summary>Patterns to choose from.</summary>
    public IReadOnlyList<AttentionPattern> Patterns { get; init; } = [];

    /// <summary>Metrics to choose from.</summary>
    public IReadOnlyList<string> Metrics { get; init; } = [];

    /// <summary>Kinds of environment to choose from; never merged into one chart.</summary>
    public IReadOnlyList<EnvironmentGroup> Groups { get; init; } = [];

    /// <summary>Shapes to choose from.</summary>
    public IReadOnlyList<string> Shapes { get; init; } = [];

    /// <summary>Unit of the values.</summary>
    public string Unit { get; init; } = "";

    /// <summary>Which way the metric improves.</summary>
    public Better Better { get; init; }

    /// <summary>One line for each implementation, in order of name.</summary>
    public IReadOnlyList<CurveSeries> Series { get; init; } = [];

    /// <summary>Newest point.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Nothing is measured yet.</summary>
    public static CurvesView Empty(CurvesFilter filter) => new() { Filter = filter };
}

/// <summary>One line.</summary>
/// <param name="Name">Implementation, with options that are not the defaults.</param>
/// <param name="Implementation">Implementation id.</param>
/// <param name="Mechanism">Mechanism id.</param>
/// <param name="Title">Mechanism name for people.</param>
/// <param name="Family">Family of the mechanism.</param>
/// <param name="Points">In order of length.</param>
internal sealed record CurveSeries(
    string Name, string Implementation, string Mechanism, string Title, string Family, IReadOnlyList<LengthPoint> Points);

/// <summary>One measured length, or the reason why it has no number.</summary>
/// <param name="Length">N in tokens.</param>
/// <param name="Median">Median of the repetitions; null when there is no number.</param>
/// <param name="Low">Lower end of the 95 % interval of the median.</param>
/// <param name="High">Upper end of it.</param>
/// <param name="Count">Repetitions.</param>
/// <param name="RunId">Newest run.</param>
/// <param name="CellKey">Cell.</param>
/// <param name="Failure">Why there is no number.</param>
/// <param name="Glyph">The mark to draw instead: OOM, T/O, n/s, BAD, ERR or n/m.</param>
/// <param name="Message">The failure in words.</param>
internal sealed record LengthPoint(
    int Length, double? Median, double? Low, double? High, int Count, string? RunId, string CellKey, FailureClass? Failure, string? Glyph,
    string? Message);
