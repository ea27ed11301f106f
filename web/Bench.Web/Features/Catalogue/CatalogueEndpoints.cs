using Bench.Domain.Catalogue;
using Bench.Web.Api;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bench.Web.Features.Catalogue;

/// <summary>Mechanisms and tasks.</summary>
internal static class CatalogueEndpoints
{
    public static IEndpointRouteBuilder MapCatalogue(this IEndpointRouteBuilder routes)
    {
        var mechanisms = routes.MapGroup("/mechanisms").WithTags("Mechanisms");
        mechanisms.MapGet("/", Mechanisms).WithName("ListMechanisms").WithSummary("All mechanisms with their implementations");
        mechanisms.MapGet("/{id}", Mechanism).WithName("GetMechanism").WithSummary("One mechanism").ProducesProblem(404);
        var tasks = routes.MapGroup("/tasks").WithTags("Tasks");
        tasks.MapGet("/", Tasks).WithName("ListTasks").WithSummary("All tasks");
        return routes;
    }

    private static async Task<Ok<IReadOnlyList<MechanismSummary>>> Mechanisms(CatalogueQuery query, CancellationToken cancellation) =>
        TypedResults.Ok(await query.MechanismsAsync(cancellation));

    private static async Task<Results<Ok<MechanismSummary>, ProblemHttpResult>> Mechanism(
        string id, CatalogueQuery query, CancellationToken cancellation) =>
        (await query.MechanismsAsync(cancellation)).FirstOrDefault(mechanism => mechanism.Id == id) is { } found
            ? TypedResults.Ok(found)
            : ProblemKind.NotFound.Because($"No agent has described a mechanism '{id}'. GET /api/v1/mechanisms lists what is known.");

    private static async Task<Ok<IReadOnlyList<TaskEntry>>> Tasks(CatalogueQuery query, CancellationToken cancellation) =>
        TypedResults.Ok(await query.TasksAsync(cancellation));
}
