using Bench.Data;
using Bench.Data.Queue;
using Bench.Domain.Protocol;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Features.Suites;

/// <summary>Reads suites.</summary>
internal sealed class SuitesQuery(IDbContextFactory<BenchDbContext> contexts, TimeProvider clock)
{
    /// <summary>All suites by name.</summary>
    public async Task<IReadOnlyList<SuiteSummary>> ListAsync(CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var names = await db.Suites.OrderBy(row => row.Name).Select(row => row.Name).ToListAsync(cancellation);
        var suites = new List<SuiteSummary>();
        foreach (var name in names)
        {
            suites.Add((await FindAsync(db, name, cancellation))!);
        }

        return suites;
    }

    /// <summary>One suite; null when it was never pushed.</summary>
    public async Task<SuiteSummary?> FindAsync(string name, CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        return await FindAsync(db, name, cancellation);
    }

    /// <summary>Cells of a suite that cannot run, with their reasons.</summary>
    public async Task<IReadOnlyList<IneligibleCell>> IneligibleAsync(string name, CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        return await db.SuiteCells.Where(row => row.Suite == name && row.IneligibleReason != null).OrderBy(row => row.Ordinal)
            .Join(db.Cells, row => row.CellId, cell => cell.Id, (row, cell) => new IneligibleCell(
                cell.Task, cell.Implementation, cell.Pattern.ToString(), cell.Length, row.IneligibleReason!))
            .ToListAsync(cancellation);
    }

    private async Task<SuiteSummary?> FindAsync(BenchDbContext db, string name, CancellationToken cancellation)
    {
        var suite = await db.Suites.AsNoTracking().SingleOrDefaultAsync(row => row.Name == name, cancellation);
        var progress = suite is null ? null : await new SuiteStore(db, clock).ProgressAsync(name, cancellation);
        return suite is null || progress is null
            ? null
            : new SuiteSummary(suite.Name, suite.Title, suite.Description, suite.ContentHash, suite.UpdatedAt, progress);
    }
}

/// <summary>A suite and how far it is.</summary>
internal sealed record SuiteSummary(
    string Name, string Title, string Description, string ContentHash, DateTimeOffset UpdatedAt, SuiteProgress Progress);

/// <summary>A cell that cannot run.</summary>
internal sealed record IneligibleCell(string Task, string Implementation, string Pattern, int Length, string Reason);
