using System.Text;
using Bench.Domain.Matrix;
using Bench.Web.Features.Compare;
using Bench.Web.Features.Curves;
using Bench.Web.Features.Leaderboards;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bench.Web.Features.Drawings;

/// <summary>Drawings as files, for downloads, slides and READMEs. The addresses take the same parameters as the pages.</summary>
internal static class DrawingEndpoints
{
    public static void MapDrawings(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/charts/curves.svg", Curves).ExcludeFromDescription();
        routes.MapGet("/charts/comparison.svg", Comparison).ExcludeFromDescription();
        routes.MapGet("/badges/{board}/{**file}", BadgeOf).ExcludeFromDescription();
    }

    private static async Task<IResult> Curves(
        CurveSheetQuery query, SeriesLook look, SvgFile file, string? task, string? pattern, string? shape, string? group, string? baseline, string? metric,
        string? view, string? hide, CancellationToken cancellation)
    {
        AttentionPattern? wanted = AttentionPatterns.TryParse(pattern ?? "", out var parsed) ? parsed : null;
        var sheet = await query.ReadAsync(new CurvesFilter(task, wanted, null, group, shape, baseline), cancellation);
        if (sheet.Shape is null)
        {
            return TypedResults.NotFound();
        }

        var quantity = CurvesCharts.Quantity.Of(metric);
        var (palette, hidden) = (await look.PaletteAsync(cancellation), CurvesCharts.Hidden(sheet, hide));
        var data = view == "ratio" && quantity.Name != "throughput" && sheet.Baseline is not null
            ? CurvesCharts.RatioChart(sheet, quantity, await query.RatiosAsync(sheet, quantity.Metric.Name, cancellation), palette, hidden)
            : CurvesCharts.Chart("curves", sheet.Curves, sheet, quantity, palette, hidden) with { Guides = true };
        return data.Series.Count == 0 ? TypedResults.NotFound() : Svg(await file.OfAsync(data));
    }

    private static async Task<IResult> Comparison(
        ComparisonQuery query, SvgFile file, string? a, string? b, string? task, string? metric, CancellationToken cancellation)
    {
        var view = await query.ReadAsync(new ComparisonFilter(a ?? "", b ?? "", task, metric), cancellation);
        return view.Pairs.Count == 0 ? TypedResults.NotFound() : Svg(await file.OfAsync(ComparisonWords.Scatter(view), Components.Charts.ChartSize.Medium));
    }

    /// <summary><c>/badges/speed-causal-self/gla.svg</c> for the best of a mechanism, <c>…/gla/chunked.svg</c> for one implementation.</summary>
    private static async Task<IResult> BadgeOf(BoardQuery boards, string board, string file, CancellationToken cancellation)
    {
        if (!file.EndsWith(".svg", StringComparison.Ordinal) || BoardDefinition.All.FirstOrDefault(one => one.Slug == board) is not { } definition)
        {
            return TypedResults.NotFound();
        }

        var name = file[..^4];
        var view = await boards.ReadAsync(definition, null, BoardQuery.Closed, cancellation);
        var row = view.Rows.FirstOrDefault(row => row.Rank.Entrant == name) ?? view.Rows.FirstOrDefault(row => row.Implementation.Split('/')[0] == name);
        var place = row is not null ? $"{row.Rank.RankText} of {view.Rows.Count}"
            : view.Partial.Any(partial => partial.Id == name || partial.Implementation.Split('/')[0] == name) ? "not ranked: partial" : "not measured";
        return Svg(Badge.Of($"bench · {definition.Title}", place));
    }

    private static ContentHttpResult Svg(string text) => TypedResults.Text(text, "image/svg+xml", Encoding.UTF8);
}
