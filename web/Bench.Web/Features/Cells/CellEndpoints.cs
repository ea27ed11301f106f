using Bench.Domain.Matrix;
using Bench.Domain.Protocol;
using Bench.Web.Api;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bench.Web.Features.Cells;

/// <summary>Cells: what is measured, whoever asked for it.</summary>
internal static class CellEndpoints
{
    public static RouteGroupBuilder MapCells(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/cells").WithTags("Cells");
        group.MapGet("/", List).WithName("ListCells").WithSummary("Cells in the order in which they were first planned")
            .Produces<Page<CellSummary>>().ProducesProblem(400);
        group.MapGet("/{key}", Find).WithName("GetCell").WithSummary("One cell with its newest numbers in each kind of environment").ProducesProblem(404);
        return group;
    }

    private static async Task<IResult> List(HttpContext http, CellsQuery query, CancellationToken cancellation)
    {
        var mistakes = new List<WireMistake>();
        var filter = ReadFilter(http.Request.Query, mistakes);
        var limit = ListQuery.Limit(http.Request.Query, mistakes);
        if (mistakes.Count > 0)
        {
            return Problems.Mistakes(mistakes);
        }

        return await query.ListAsync(filter, limit, ListQuery.Cursor(http.Request.Query), cancellation) is { } page
            ? ListQuery.Answer(http, page)
            : ListQuery.ForeignCursor();
    }

    private static async Task<Results<Ok<CellDetail>, ProblemHttpResult>> Find(string key, CellsQuery query, CancellationToken cancellation) =>
        await query.FindAsync(key, cancellation) is { } cell
            ? TypedResults.Ok(cell)
            : ProblemKind.NotFound.Because($"There is no cell '{key}'. GET /api/v1/cells lists them.");

    private static CellsFilter ReadFilter(IQueryCollection query, List<WireMistake> mistakes)
    {
        var patterns = ListQuery.Texts(query, "pattern", mistakes);
        if (patterns.Length > 1 || patterns.Any(pattern => !AttentionPatterns.TryParse(pattern, out _)))
        {
            mistakes.Add(new WireMistake("/pattern", $"One pattern: {string.Join(", ", AttentionPatterns.All.Select(one => one.Name))}."));
            patterns = [];
        }

        return new CellsFilter
        {
            Mechanisms = ListQuery.Texts(query, "mechanism", mistakes),
            Implementations = ListQuery.Texts(query, "implementation", mistakes),
            Tasks = ListQuery.Texts(query, "task", mistakes),
            Pattern = patterns is [var name] ? AttentionPatterns.Parse(name) : null,
            LengthFrom = ListQuery.Whole(query, "length.gte", mistakes),
            LengthTo = ListQuery.Whole(query, "length.lte", mistakes),
        };
    }
}
