using Bench.Data;
using Bench.Domain.Catalogue;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Features.Catalogue;

/// <summary>Implementations and tasks as agents described them.</summary>
internal sealed class CatalogueQuery(IDbContextFactory<BenchDbContext> contexts)
{
    /// <summary>All mechanisms with their implementations, by name.</summary>
    public async Task<IReadOnlyList<MechanismSummary>> MechanismsAsync(CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var rows = await db.Implementations.AsNoTracking().OrderBy(row => row.Id).ToListAsync(cancellation);
        return [.. rows.GroupBy(row => row.Mechanism).Select(group => new MechanismSummary(
            group.Key, group.First().Entry.Title, group.First().Entry.Family, [.. group.Select(row => row.Entry)]))];
    }

    /// <summary>All tasks by name.</summary>
    public async Task<IReadOnlyList<TaskEntry>> TasksAsync(CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        return [.. (await db.Tasks.AsNoTracking().OrderBy(row => row.Id).ToListAsync(cancellation)).Select(row => row.Entry)];
    }
}

/// <summary>A mechanism and the ways to compute it.</summary>
internal sealed record MechanismSummary(string Id, string Title, string Family, IReadOnlyList<ImplementationEntry> Implementations);
