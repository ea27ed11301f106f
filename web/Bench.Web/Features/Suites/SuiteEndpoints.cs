using System.Security.Claims;
using Bench.Data.Agents;
using Bench.Data.Queue;
using Bench.Domain.Matrix;
using Bench.Domain.Protocol;
using Bench.Web.Api;
using Bench.Web.Auth;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bench.Web.Features.Suites;

/// <summary>Suites: pushed by whoever has their files, read by everybody.</summary>
internal static class SuiteEndpoints
{
    private const long MaxPlanBytes = 32 << 20;

    public static RouteGroupBuilder MapSuites(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/suites").WithTags("Suites");
        group.MapGet("/", List).WithName("ListSuites").WithSummary("All suites and how far they are");
        group.MapGet("/{name}", Find).WithName("GetSuite").WithSummary("One suite; its ETag is that of its plan").ProducesProblem(404);
        group.MapPut("/{name}", Put).WithName("PutSuite").RequireAuthorization(Scopes.WriteSuites).WithBodyLimit(MaxPlanBytes)
            .AddEndpointFilter<Protocol>().WithSummary("Store a suite in place of its previous plan")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(412).ProducesProblem(413).ProducesProblem(428);
        group.MapGet("/{name}/progress", Progress).WithName("GetSuiteProgress").WithSummary("How far a suite is").ProducesProblem(404);
        return group;
    }

    private static async Task<Ok<IReadOnlyList<SuiteSummary>>> List(SuitesQuery query, CancellationToken cancellation) =>
        TypedResults.Ok(await query.ListAsync(cancellation));

    private static async Task<Results<Ok<SuiteSummary>, ProblemHttpResult>> Find(
        string name, HttpContext http, SuitesQuery query, CancellationToken cancellation)
    {
        if (await query.FindAsync(name, cancellation) is not { } suite)
        {
            return ProblemKind.NotFound.Because($"No suite '{name}' was pushed yet. GET /api/v1/suites lists what was.");
        }

        http.Response.Headers.ETag = Preconditions.TagOf(suite.ContentHash, suite.Title, suite.Description);
        return TypedResults.Ok(suite);
    }

    private static async Task<Results<Ok<SuiteSummary>, ProblemHttpResult>> Put(
        string name, SuitePlan plan, HttpContext http, SuiteStore suites, SuitesQuery query, ClaimsPrincipal caller, ILogger<SuiteStore> log,
        CancellationToken cancellation)
    {
        if (WireRules.Check(plan) is { Count: > 0 } mistakes)
        {
            return Problems.Mistakes(mistakes);
        }

        if (plan.Name != name)
        {
            return Problems.Mistakes([new WireMistake("/name", $"The address names suite '{name}', the body another.")]);
        }

        var present = await query.FindAsync(name, cancellation) is { } stored ? Preconditions.TagOf(stored.ContentHash, stored.Title, stored.Description) : null;
        var wanted = Preconditions.TagOf(plan.ContentHash, plan.Title, plan.Description);
        if (Preconditions.Refusal(http, present, wanted) is { } refusal)
        {
            return refusal;
        }

        await suites.PutAsync(plan, cancellation);
        http.Response.Headers.ETag = wanted;
        log.LogInformation("{Actor} pushed suite {Suite} with {Cells} cells", caller.Actor(), name, plan.Cells.Count);
        return TypedResults.Ok((await query.FindAsync(name, cancellation))!);
    }

    private static async Task<Results<Ok<SuiteProgress>, ProblemHttpResult>> Progress(
        string name, SuiteStore suites, CancellationToken cancellation) =>
        await suites.ProgressAsync(name, cancellation) is { } progress
            ? TypedResults.Ok(progress)
            : ProblemKind.NotFound.Because($"No suite '{name}' was pushed yet. GET /api/v1/suites lists what was.");
}
