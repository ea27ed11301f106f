using Bench.Web.Api;
using Bench.Web.Features.Curves;
using Bench.Web.Features.Home;
using Bench.Web.Features.Recall;
using Bench.Web.Features.Runs;
using Microsoft.Extensions.Caching.Memory;

namespace Bench.Web.Features;

/// <summary>
/// What several pages show, read once for as long as no newer result came in. The newest run is part of every key, so a page never lags behind a
/// result; what changes without one, such as the queue, lags ten seconds at most.
/// </summary>
internal sealed class PageViews(
    KnownTags tags, IMemoryCache cache, HomeQuery home, CurveSheetQuery curves, RecallQuery recall, RunQuery runs)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RunLifetime = TimeSpan.FromMinutes(10);
    private string? _newest;

    /// <summary>The overview.</summary>
    public Task<HomeView> HomeAsync(CancellationToken cancellation) => OnceAsync("home", () => home.ReadAsync(cancellation), cancellation);

    /// <summary>The sheet of curves for a filter.</summary>
    public Task<CurveSheet> SheetAsync(CurvesFilter filter, CancellationToken cancellation) => OnceAsync(filter, () => curves.ReadAsync(filter, cancellation), cancellation);

    /// <summary>The recall table for a filter.</summary>
    public Task<RecallView> RecallAsync(RecallFilter filter, CancellationToken cancellation) => OnceAsync(filter, () => recall.ReadAsync(filter, cancellation), cancellation);

    /// <summary>A run that stands beside another: what it measured and where, which never changes.</summary>
    public Task<RunView?> RunBesideAsync(string id, CancellationToken cancellation) => cache.GetOrCreateAsync($"run-beside|{id}", entry =>
    {
        entry.AbsoluteExpirationRelativeToNow = RunLifetime;
        return runs.FindAsync(id, cancellation);
    });

    private async Task<T> OnceAsync<T>(object key, Func<Task<T>> read, CancellationToken cancellation)
    {
        var newest = _newest ??= await tags.NewestAsync(cancellation);
        return (await cache.GetOrCreateAsync((nameof(PageViews), key, newest), entry =>
        {
            entry.AbsoluteExpirationRelativeToNow = Lifetime;
            return read();
        }))!;
    }
}
