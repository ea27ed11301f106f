using Bench.Data;
using Bench.Domain.Leasing;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Features.Status;

/// <summary>Whether the process is up, and whether it can serve.</summary>
internal static class HealthEndpoints
{
    public static IEndpointRouteBuilder MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", () => TypedResults.Ok(new Health("ok", []))).WithName("GetHealth").WithTags("Status")
            .WithSummary("The process is up");
        routes.MapGet("/readyz", Ready).WithName("GetReadiness").WithTags("Status").WithSummary("The database answers and leases are swept");
        return routes;
    }

    private static async Task<Results<Ok<Health>, JsonHttpResult<Health>>> Ready(
        IDbContextFactory<BenchDbContext> contexts, LeaseTerms terms, TimeProvider clock, CancellationToken cancellation)
    {
        var checks = new List<HealthCheck>();
        try
        {
            await using var db = await contexts.CreateDbContextAsync(cancellation);
            var overdue = clock.Now() - terms.Expiry - TimeSpan.FromMinutes(2);
            var stuck = await db.Jobs.CountAsync(
                job => (job.State == JobState.Leased || job.State == JobState.Running) && job.LeaseExpiresAt < overdue, cancellation);
            checks.Add(new HealthCheck("database", true, "answers"));
            checks.Add(new HealthCheck("queue", stuck == 0, stuck == 0 ? "no overdue lease" : $"{stuck} leases were not swept for two minutes"));
        }
        catch (Exception failure) when (failure is System.Data.Common.DbException or InvalidOperationException or TimeoutException)
        {
            checks.Add(new HealthCheck("database", false, "does not answer"));
        }

        var health = new Health(checks.TrueForAll(check => check.Ok) ? "ok" : "unavailable", checks);
        return health.Status == "ok" ? TypedResults.Ok(health) : TypedResults.Json(health, statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}

/// <summary>How the service is.</summary>
internal sealed record Health(string Status, IReadOnlyList<HealthCheck> Checks);

/// <summary>One check.</summary>
internal sealed record HealthCheck(string Name, bool Ok, string Detail);
