using Bench.Domain.Protocol;
using Bench.Web.Api;
using Bench.Web.Exports;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bench.Web.Features.Runs;

/// <summary>Runs: a list in pages, an export of everything, and each with all its samples.</summary>
internal static class RunEndpoints
{
    public static RouteGroupBuilder MapRuns(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/runs").WithTags("Runs");
        group.MapGet("/", List).WithName("ListRuns").WithSummary("Runs from the newest on")
            .Produces<Page<RunSummary>>().ProducesProblem(400);
        group.MapGet("/export", Export).WithName("ExportRuns").WithMetadata(new StreamedAttribute())
            .WithSummary("All matching runs with their samples as csv, ndjson or parquet").ProducesProblem(400).ProducesProblem(406);
        group.MapGet("/{id}", Find).WithName("GetRun").WithSummary("One run with all its samples").ProducesProblem(404);
        return group;
    }

    private static async Task<IResult> List(HttpContext http, RunsQuery query, CancellationToken cancellation)
    {
        var mistakes = new List<WireMistake>();
        var filter = RunFilters.Read(http.Request.Query, mistakes);
        var limit = ListQuery.Limit(http.Request.Query, mistakes);
        if (mistakes.Count > 0)
        {
            return Problems.Mistakes(mistakes);
        }

        return await query.ListAsync(filter, limit, ListQuery.Cursor(http.Request.Query), cancellation) is { } page
            ? ListQuery.Answer(http, page)
            : ListQuery.ForeignCursor();
    }

    private static IResult Export(HttpContext http, RunsQuery query, CancellationToken cancellation)
    {
        var mistakes = new List<WireMistake>();
        var filter = RunFilters.Read(http.Request.Query, mistakes);
        if (mistakes.Count > 0)
        {
            return Problems.Mistakes(mistakes);
        }

        return ExportFormats.TryRead(http, out var format, out var problem)
            ? new ExportResult<RunExport>("runs", format ?? ExportFormat.Ndjson, RunsQuery.Columns, query.ExportAsync(filter, cancellation))
            : problem!;
    }

    private static async Task<Results<Ok<RunView>, ProblemHttpResult>> Find(string id, RunQuery query, CancellationToken cancellation) =>
        await query.FindAsync(id, cancellation) is { } run
            ? TypedResults.Ok(run)
            : ProblemKind.NotFound.Because($"There is no run '{id}'. GET /api/v1/runs lists them.");
}
