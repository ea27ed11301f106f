using Bench.Domain.Protocol;
using Bench.Web.Api;
using Bench.Web.Exports;

namespace Bench.Web.Features.Compare;

/// <summary>The comparison of two sides as data.</summary>
internal static class ComparisonEndpoints
{
    public static IEndpointRouteBuilder MapComparisons(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/comparisons", Compare).WithName("GetComparison").WithTags("Comparisons").Produces<ComparisonView>().ProducesProblem(400).ProducesProblem(406)
            .WithSummary("Two sets of runs, cell by cell, with intervals and corrected p values; also as csv, ndjson or parquet");
        return routes;
    }

    private static async Task<IResult> Compare(
        HttpContext http, ComparisonQuery query, string a, string b, string? task, string? metric, double? floor, CancellationToken cancellation)
    {
        if (!ExportFormats.TryRead(http, out var format, out var problem))
        {
            return problem!;
        }

        if (floor is { } given && given is not (>= 0 and < 1))
        {
            return Problems.Mistakes([new WireMistake("/floor", "The floor is a relative change from 0 to below 1, such as 0.01.")]);
        }

        var mistakes = new[] { ("/a", a), ("/b", b) }
            .Select(side => ComparisonSide.TryParse(side.Item2, out _, out var mistake) ? null : new WireMistake(side.Item1, mistake!))
            .OfType<WireMistake>().ToList();
        if (mistakes.Count > 0)
        {
            return Problems.Mistakes(mistakes);
        }

        var view = await query.ReadAsync(new ComparisonFilter(a, b, task, metric, floor ?? ComparisonFilter.LeastFloor), cancellation);
        return format is { } export
            ? new ExportResult<ComparisonExport>("comparison", export, ComparisonExport.Columns, ComparisonExport.Of(view))
            : TypedResults.Ok(view);
    }
}

/// <summary>One pair, or one cell that could not be compared, as a row.</summary>
internal sealed record ComparisonExport(ComparisonView View, ComparedPair? Pair, UnpairedCell? Cell)
{
    /// <summary>Columns in their frozen order.</summary>
    public static IReadOnlyList<ExportColumn<ComparisonExport>> Columns { get; } =
    [
        ExportColumn<ComparisonExport>.Text("task", row => row.View.Filter.Task),
        ExportColumn<ComparisonExport>.Text("metric", row => row.View.Filter.Metric),
        ExportColumn<ComparisonExport>.Text("unit", row => row.View.Unit),
        ExportColumn<ComparisonExport>.Text("cell", row => row.Pair?.Cell ?? row.Cell!.Cell),
        ExportColumn<ComparisonExport>.Text("seriesA", row => row.Pair?.SeriesA),
        ExportColumn<ComparisonExport>.Text("seriesB", row => row.Pair?.SeriesB),
        ExportColumn<ComparisonExport>.Number("medianA", row => row.Pair?.MedianA),
        ExportColumn<ComparisonExport>.Number("medianB", row => row.Pair?.MedianB),
        ExportColumn<ComparisonExport>.Whole("countA", row => row.Pair?.CountA),
        ExportColumn<ComparisonExport>.Whole("countB", row => row.Pair?.CountB),
        ExportColumn<ComparisonExport>.Number("ratio", row => row.Pair?.Ratio),
        ExportColumn<ComparisonExport>.Number("low", row => row.Pair?.Low),
        ExportColumn<ComparisonExport>.Number("high", row => row.Pair?.High),
        ExportColumn<ComparisonExport>.Number("effect", row => row.Pair?.Effect),
        ExportColumn<ComparisonExport>.Number("pValue", row => row.Pair?.PValue),
        ExportColumn<ComparisonExport>.Number("adjustedP", row => row.Pair?.AdjustedP),
        ExportColumn<ComparisonExport>.Text("verdict", row => row.Pair is { } pair ? ComparisonWords.Of(pair.Verdict, row.View) : "not comparable"),
        ExportColumn<ComparisonExport>.Text("reason", row => row.Cell?.Reason),
        ExportColumn<ComparisonExport>.Text("runA", row => row.Pair?.RunA ?? (row.Cell?.Kind == "onlyB" ? null : row.Cell?.RunId)),
        ExportColumn<ComparisonExport>.Text("runB", row => row.Pair?.RunB ?? (row.Cell?.Kind == "onlyB" ? row.Cell.RunId : null)),
        ExportColumn<ComparisonExport>.Text("ratioOf", row => row.Pair is { } pair ? pair.IsOfUndisturbed ? "undisturbed passes" : "medians" : null),
    ];

    /// <summary>Every cell of a comparison.</summary>
    public static IAsyncEnumerable<ComparisonExport> Of(ComparisonView view) => view.Pairs.Select(pair => new ComparisonExport(view, pair, null))
        .Concat(view.Unpaired.Select(cell => new ComparisonExport(view, null, cell))).ToAsyncEnumerable();
}
