using Bench.Data;
using Bench.Domain.Leasing;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Features.Live;

/// <summary>Tells an open page whether newer results exist, as cheaply as possible.</summary>
internal static class LiveEndpoints
{
    private const int Most = 999;

    public static IEndpointRouteBuilder MapLive(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/live", Newer).WithName("GetNewer").WithTags("Events").Produces<NewerResults>().Produces(StatusCodes.Status304NotModified)
            .WithSummary("How many results came in after the one that the caller has seen; 304 while nothing changed");
        return routes;
    }

    private static async Task<IResult> Newer(HttpContext http, IDbContextFactory<BenchDbContext> contexts, string? after, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        // Index (received_at, id) of runs, then ix_jobs_waiting and ix_jobs_leased.
        var last = await db.Runs.OrderByDescending(run => run.ReceivedAt).ThenByDescending(run => run.Id).Select(run => run.Id).FirstOrDefaultAsync(cancellation) ?? "";
        var active = await db.Jobs.AnyAsync(job => job.State == JobState.Queued || job.State == JobState.Leased || job.State == JobState.Running, cancellation);
        var tag = $"\"{last}{(active ? "+" : "")}\"";
        http.Response.Headers.ETag = tag;
        http.Response.Headers.CacheControl = "no-cache";
        return http.Request.Headers.IfNoneMatch == tag
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(new NewerResults(last, await CountAsync(db, after, last, cancellation), active));
    }

    private static async Task<int> CountAsync(BenchDbContext db, string? after, string last, CancellationToken cancellation)
    {
        if (after is null || after == last)
        {
            return 0;
        }

        var since = after.Length == 0 ? DateTime.UnixEpoch : await db.Runs.Where(run => run.Id == after).Select(run => run.ReceivedAt).FirstOrDefaultAsync(cancellation);
        return await db.Runs.Where(run => run.ReceivedAt > since).Take(Most).CountAsync(cancellation);
    }
}

/// <summary>What came in lately.</summary>
/// <param name="Last">Id of the newest run; empty before the first.</param>
/// <param name="Count">Runs after the one that was asked about, at most 999.</param>
/// <param name="Active">Whether cells wait or run, so that more will come.</param>
internal sealed record NewerResults(string Last, int Count, bool Active);
