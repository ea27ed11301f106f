using Bench.Data;
using Bench.Web.Components.Charts;
using Bench.Web.Features.Curves;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;

namespace Bench.Web.Features;

/// <summary>The look of every implementation in the catalogue, the same on every page.</summary>
internal sealed class SeriesLook(IDbContextFactory<BenchDbContext> contexts, IMemoryCache cache)
{
    /// <summary>The palette over all known implementations.</summary>
    public async Task<SeriesPalette> PaletteAsync(CancellationToken cancellation = default)
    {
        var palette = await cache.GetOrCreateAsync("palette", async entry =>
        {
            entry.AbsoluteExpirationRelativeToNow = TimeSpan.FromSeconds(5);
            await using var db = await contexts.CreateDbContextAsync(cancellation);
            var ids = await db.Implementations.AsNoTracking().OrderBy(row => row.Id).Select(row => row.Id).ToListAsync(cancellation);
            return new SeriesPalette(ids, CurvesQuery.DefaultBaseline);
        });
        return palette!;
    }
}
