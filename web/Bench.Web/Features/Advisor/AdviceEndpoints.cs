using Bench.Domain.Matrix;
using Bench.Domain.Protocol;
using Bench.Web.Api;
using Bench.Web.Exports;

namespace Bench.Web.Features.Advisor;

/// <summary>The advisor as data.</summary>
internal static class AdviceEndpoints
{
    public static IEndpointRouteBuilder MapAdvice(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/advice", Advise).WithName("GetAdvice").WithTags("Advice").Produces<AdviceView>().ProducesProblem(400).ProducesProblem(406)
            .WithSummary("What to use at a pattern, length and device within limits, with the evidence; also as csv, ndjson or parquet");
        return routes;
    }

    private static async Task<IResult> Advise(
        HttpContext http, AdviceQuery query, string? task, string? pattern, int? length, string? group, string? shape, double? memoryBytes, double? recall,
        string? difficulty, CancellationToken cancellation)
    {
        if (!ExportFormats.TryRead(http, out var format, out var problem))
        {
            return problem!;
        }

        var mistakes = new List<WireMistake>();
        if (pattern is not null && !AttentionPatterns.TryParse(pattern, out _))
        {
            mistakes.Add(new WireMistake("/pattern", $"A pattern is one of {string.Join(", ", AttentionPatterns.All.Select(one => one.Name))}."));
        }

        if (memoryBytes is { } bytes && !(bytes > 0))
        {
            mistakes.Add(new WireMistake("/memoryBytes", "A memory limit is a positive number of bytes."));
        }

        if (recall is { } least && least is not (>= 0 and <= 1))
        {
            mistakes.Add(new WireMistake("/recall", "A least recall is a fraction from 0 to 1."));
        }

        if (mistakes.Count > 0)
        {
            return Problems.Mistakes(mistakes);
        }

        AttentionPattern? wanted = pattern is null ? null : AttentionPatterns.Parse(pattern);
        var view = await query.ReadAsync(new AdviceFilter(task, wanted, length, group, shape, memoryBytes, recall, difficulty), cancellation);
        return format is { } export ? new ExportResult<AdviceExport>("advice", export, AdviceExport.Columns, AdviceExport.Of(view)) : TypedResults.Ok(view);
    }
}

/// <summary>One implementation, fitting or refused, as a row.</summary>
internal sealed record AdviceExport(AdviceView View, Advice? Fit, Refusal? Refusal)
{
    /// <summary>Columns in their frozen order.</summary>
    public static IReadOnlyList<ExportColumn<AdviceExport>> Columns { get; } =
    [
        ExportColumn<AdviceExport>.Text("task", row => row.View.Filter.Task),
        ExportColumn<AdviceExport>.Text("pattern", row => row.View.Filter.Pattern?.Name),
        ExportColumn<AdviceExport>.Whole("length", row => row.View.Filter.Length),
        ExportColumn<AdviceExport>.Text("series", row => row.Fit?.Id ?? row.Refusal!.Id),
        ExportColumn<AdviceExport>.Whole("rank", row => row.Fit?.Rank),
        ExportColumn<AdviceExport>.Number("timeMs", row => row.Fit?.Time.Median),
        ExportColumn<AdviceExport>.Number("timeLowMs", row => row.Fit?.Time.Low),
        ExportColumn<AdviceExport>.Number("timeHighMs", row => row.Fit?.Time.High),
        ExportColumn<AdviceExport>.Number("ratio", row => row.Fit?.Ratio?.Value),
        ExportColumn<AdviceExport>.Number("ratioLow", row => row.Fit?.Ratio?.Lower),
        ExportColumn<AdviceExport>.Number("ratioHigh", row => row.Fit?.Ratio?.Upper),
        ExportColumn<AdviceExport>.Number("memoryBytes", row => row.Fit?.Memory?.Median),
        ExportColumn<AdviceExport>.Number("recall", row => row.Fit?.Recall?.Accuracy),
        ExportColumn<AdviceExport>.Text("recallOf", row => row.Fit?.Recall?.Series),
        ExportColumn<AdviceExport>.Text("reason", row => row.Refusal?.Reason),
        ExportColumn<AdviceExport>.Text("runId", row => row.Fit?.Time.RunId ?? row.Refusal?.RunId),
    ];

    /// <summary>Every implementation of a view.</summary>
    public static IAsyncEnumerable<AdviceExport> Of(AdviceView view) => view.Fits.Select(fit => new AdviceExport(view, fit, null))
        .Concat(view.Refused.Select(refusal => new AdviceExport(view, null, refusal))).ToAsyncEnumerable();
}
