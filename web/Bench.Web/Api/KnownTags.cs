using Bench.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;

namespace Bench.Web.Api;

/// <summary>
/// Tags of answers that only results change: while the newest run is the same, a caller who has such an answer is told so without making it again.
/// What changes an answer without a run, such as a job that the server gives up, shows after ten seconds at most.
/// </summary>
internal sealed class KnownTags(IDbContextFactory<BenchDbContext> contexts, IMemoryCache cache)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);

    /// <summary>The newest run; empty before the first.</summary>
    public async Task<string> NewestAsync(CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        // Index (received_at, id) of runs.
        return await db.Runs.OrderByDescending(run => run.ReceivedAt).ThenByDescending(run => run.Id).Select(run => run.Id).FirstOrDefaultAsync(cancellation) ?? "";
    }

    /// <summary>The tag that an address had when this was the newest run; null when that is not known.</summary>
    public string? Find(HttpRequest request, string newest) => cache.Get<string>(Key(request, newest));

    /// <summary>Remembers a tag.</summary>
    public void Keep(HttpRequest request, string newest, string tag) => cache.Set(Key(request, newest), tag, Lifetime);

    private static (string, string, string, string) Key(HttpRequest request, string newest) =>
        (nameof(KnownTags), $"{request.Path}{request.QueryString}", request.Headers.Accept.ToString(), newest);
}

/// <summary>Nothing but results changes the endpoint's answer.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ResultsOnlyAttribute : Attribute;
