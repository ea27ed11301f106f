using Bench.Domain.Matrix;
using Bench.Domain.Protocol;
using Bench.Web.Api;
using Bench.Web.Exports;
using Bench.Web.Features.Curves;
using Bench.Web.Features.Home;
using Bench.Web.Features.Queue;
using Bench.Web.Features.Recall;
using Bench.Web.Features.Schedules;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bench.Web.Features;

/// <summary>The views of the site as data: each page's query class under an address of its own.</summary>
internal static class ReadEndpoints
{
    public static IEndpointRouteBuilder MapViews(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/curves", Curves).WithName("GetCurves").WithMetadata(new ResultsOnlyAttribute()).WithTags("Curves").Produces<CurvesView>().ProducesProblem(400).ProducesProblem(406)
            .WithSummary("Cost over length, one series for each implementation; also as csv, ndjson or parquet");
        routes.MapGet("/recall", Recall).WithName("GetRecall").WithMetadata(new ResultsOnlyAttribute()).WithTags("Recall").Produces<RecallView>().ProducesProblem(400).ProducesProblem(406)
            .WithSummary("Recall over difficulty, one row for each implementation; also as csv, ndjson or parquet");
        routes.MapGet("/queue", Queue).WithName("GetQueue").WithTags("Jobs").WithSummary("What waits and runs, and why something waits");
        routes.MapGet("/schedules", Schedules).WithName("ListSchedules").WithTags("Schedules").WithSummary("What runs when, what ran, what was missed");
        routes.MapGet("/overview", Overview).WithName("GetOverview").WithTags("Status").WithSummary("How far suites are and what came in last");
        return routes;
    }

    private static async Task<IResult> Curves(
        HttpContext http, CurvesQuery query, string? task, string? pattern, string? metric, string? group, string? shape, string? baseline,
        CancellationToken cancellation)
    {
        if (pattern is not null && !AttentionPatterns.TryParse(pattern, out _))
        {
            return Problems.Mistakes([new WireMistake("/pattern", $"A pattern is one of {string.Join(", ", AttentionPatterns.All.Select(one => one.Name))}.")]);
        }

        if (!ExportFormats.TryRead(http, out var format, out var problem))
        {
            return problem!;
        }

        AttentionPattern? wanted = pattern is null ? null : AttentionPatterns.Parse(pattern);
        var view = await query.ReadAsync(new CurvesFilter(task, wanted, metric, group, shape, baseline), cancellation);
        return format is { } export ? new ExportResult<CurveExport>("curves", export, CurveExport.Columns, CurveExport.Of(view)) : TypedResults.Ok(view);
    }

    private static async Task<IResult> Recall(
        HttpContext http, RecallQuery query, string? task, string? metric, string? group, double? threshold, string? pattern, int? width,
        CancellationToken cancellation)
    {
        if (!ExportFormats.TryRead(http, out var format, out var problem))
        {
            return problem!;
        }

        if (pattern is not null && !AttentionPatterns.TryParse(pattern, out _))
        {
            return Problems.Mistakes([new WireMistake("/pattern", $"A pattern is one of {string.Join(", ", AttentionPatterns.All.Select(one => one.Name))}.")]);
        }

        if (threshold is { } given && !double.IsFinite(given))
        {
            return Problems.Mistakes([new WireMistake("/threshold", "A threshold is a finite number.")]);
        }

        var view = await query.ReadAsync(new RecallFilter(task, metric, group, threshold ?? 0.9, pattern, width), cancellation);
        return format is { } export ? new ExportResult<RecallExport>("recall", export, RecallExport.Columns, RecallExport.Of(view)) : TypedResults.Ok(view);
    }

    private static async Task<Ok<QueueView>> Queue(QueueQuery query, CancellationToken cancellation) =>
        TypedResults.Ok(await query.ReadAsync(cancellation));

    private static async Task<Ok<IReadOnlyList<ScheduleView>>> Schedules(SchedulesQuery query, CancellationToken cancellation) =>
        TypedResults.Ok(await query.ReadAsync(cancellation));

    private static async Task<Ok<HomeView>> Overview(HomeQuery query, CancellationToken cancellation) =>
        TypedResults.Ok(await query.ReadAsync(cancellation));
}

/// <summary>One point of a chart as a row.</summary>
internal sealed record CurveExport(CurvesView View, CurveSeries Series, LengthPoint Point)
{
    /// <summary>Columns in their frozen order.</summary>
    public static IReadOnlyList<ExportColumn<CurveExport>> Columns { get; } =
    [
        ExportColumn<CurveExport>.Text("task", row => row.View.Filter.Task),
        ExportColumn<CurveExport>.Text("pattern", row => row.View.Filter.Pattern?.Name),
        ExportColumn<CurveExport>.Text("shape", row => row.View.Filter.Shape),
        ExportColumn<CurveExport>.Text("group", row => row.View.Filter.Group),
        ExportColumn<CurveExport>.Text("series", row => row.Series.Name),
        ExportColumn<CurveExport>.Text("implementation", row => row.Series.Implementation),
        ExportColumn<CurveExport>.Text("mechanism", row => row.Series.Mechanism),
        ExportColumn<CurveExport>.Whole("length", row => row.Point.Length),
        ExportColumn<CurveExport>.Text("metric", row => row.View.Filter.Metric),
        ExportColumn<CurveExport>.Text("unit", row => row.View.Unit),
        ExportColumn<CurveExport>.Number("median", row => row.Point.Median),
        ExportColumn<CurveExport>.Number("low", row => row.Point.Low),
        ExportColumn<CurveExport>.Number("high", row => row.Point.High),
        ExportColumn<CurveExport>.Whole("count", row => row.Point.Count),
        ExportColumn<CurveExport>.Text("glyph", row => row.Point.Glyph),
        ExportColumn<CurveExport>.Text("runId", row => row.Point.RunId),
    ];

    /// <summary>All points of a view.</summary>
    public static IAsyncEnumerable<CurveExport> Of(CurvesView view) =>
        view.Series.SelectMany(series => series.Points.Select(point => new CurveExport(view, series, point))).ToAsyncEnumerable();
}

/// <summary>One cell of the recall table as a row.</summary>
internal sealed record RecallExport(RecallView View, RecallRow Row, RecallColumn Column, RecallValue Value)
{
    /// <summary>Columns in their frozen order.</summary>
    public static IReadOnlyList<ExportColumn<RecallExport>> Columns { get; } =
    [
        ExportColumn<RecallExport>.Text("task", row => row.View.Filter.Task),
        ExportColumn<RecallExport>.Text("group", row => row.View.Filter.Group),
        ExportColumn<RecallExport>.Text("series", row => row.Row.Name),
        ExportColumn<RecallExport>.Text("implementation", row => row.Row.Implementation),
        ExportColumn<RecallExport>.Text("mechanism", row => row.Row.Mechanism),
        ExportColumn<RecallExport>.Text("pattern", row => row.Row.Pattern.Name),
        ExportColumn<RecallExport>.Text("difficulty", row => row.Column.Label),
        ExportColumn<RecallExport>.Whole("length", row => row.Column.Length),
        ExportColumn<RecallExport>.Text("metric", row => row.View.Filter.Metric),
        ExportColumn<RecallExport>.Number("median", row => row.Value.Median),
        ExportColumn<RecallExport>.Number("mean", row => row.Value.Mean),
        ExportColumn<RecallExport>.Number("low", row => row.Value.Low),
        ExportColumn<RecallExport>.Number("high", row => row.Value.High),
        ExportColumn<RecallExport>.Whole("seeds", row => row.Value.Seeds),
        ExportColumn<RecallExport>.Whole("failedSeeds", row => row.Value.FailedSeeds),
        ExportColumn<RecallExport>.Number("successRate", row => row.Value.SuccessRate),
        ExportColumn<RecallExport>.Text("glyph", row => row.Value.Glyph),
        ExportColumn<RecallExport>.Text("runId", row => row.Value.RunId),
        ExportColumn<RecallExport>.Number("stateBytes", row => row.Value.StateBytes),
        ExportColumn<RecallExport>.Number("stepSeconds", row => row.Value.StepSeconds),
    ];

    /// <summary>All cells of a view that were run.</summary>
    public static IAsyncEnumerable<RecallExport> Of(RecallView view) =>
        view.Rows.SelectMany(row => row.Values.Zip(view.Columns).Where(pair => pair.First is not null)
            .Select(pair => new RecallExport(view, row, pair.Second, pair.First!))).ToAsyncEnumerable();
}
