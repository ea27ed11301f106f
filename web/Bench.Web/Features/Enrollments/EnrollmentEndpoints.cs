using System.Security.Claims;
using Bench.Data.Agents;
using Bench.Domain.Protocol;
using Bench.Web.Api;
using Bench.Web.Auth;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bench.Web.Features.Enrollments;

/// <summary>One-time codes and the keys that agents get for them.</summary>
internal static class EnrollmentEndpoints
{
    public static RouteGroupBuilder MapEnrollments(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/enrollments").WithTags("Enrollments").AddEndpointFilter<Protocol>();
        group.MapPost("/", Enroll).WithName("Enroll").AllowAnonymous().RequireRateLimiting(RateLimits.Secrets)
            .WithSummary("Exchange a one-time code for an agent's key").ProducesProblem(400).ProducesProblem(401);
        group.MapPost("/codes", CreateCode).WithName("CreateEnrollmentCode").RequireAuthorization(Scopes.Administer)
            .WithSummary("Make a one-time code that enrols one agent").ProducesProblem(401).ProducesProblem(403);
        return group;
    }

    private static async Task<Results<Created<EnrollmentAnswer>, ProblemHttpResult>> Enroll(
        EnrollmentRequest request, AgentStore agents, CancellationToken cancellation)
    {
        if (WireRules.Check(request) is { Count: > 0 } mistakes)
        {
            return Problems.Mistakes(mistakes);
        }

        var answer = await agents.EnrollAsync(request, cancellation);
        return answer is null
            ? ProblemKind.Unauthenticated.Because(
                "The enrolment code is unknown, used already, or older than its lifetime.", "Ask a maintainer for a new code; each works once.")
            : TypedResults.Created($"/api/v1/agents/{answer.AgentId}", answer);
    }

    private static async Task<Created<EnrollmentCode>> CreateCode(ClaimsPrincipal caller, AgentStore agents, CancellationToken cancellation)
    {
        var (code, expiresAt) = await agents.NewCodeAsync(caller.Actor(), cancellation);
        return TypedResults.Created((string?)null, new EnrollmentCode(code, expiresAt));
    }
}

/// <summary>A one-time code, shown once.</summary>
/// <param name="Code">The code.</param>
/// <param name="ExpiresAt">When it stops working.</param>
internal sealed record EnrollmentCode(string Code, DateTimeOffset ExpiresAt);
