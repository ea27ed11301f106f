using Bench.Data;
using Bench.Web.Features.Curves;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;

namespace Bench.Web.Features.Compare;

/// <summary>What can stand on a side of a comparison, for the choices of the form.</summary>
internal sealed class SidesQuery(IDbContextFactory<BenchDbContext> contexts, IMemoryCache cache)
{
    private const int MostCommits = 20;
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    /// <summary>Sides that have runs, and pairs of them that are worth a look.</summary>
    public async Task<(IReadOnlyList<string> Choices, IReadOnlyList<(string Words, string A, string B)> Examples)> ReadAsync(CancellationToken cancellation = default) =>
        await cache.GetOrCreateAsync(nameof(SidesQuery), async entry =>
        {
            entry.AbsoluteExpirationRelativeToNow = Lifetime;
            await using var db = await contexts.CreateDbContextAsync(cancellation);
            var implementations = await db.Cells.Where(cell => db.CellSummaries.Any(row => row.CellId == cell.Id))
                .Select(cell => cell.Implementation).Distinct().Order().ToListAsync(cancellation);
            var agents = await db.Agents.OrderBy(row => row.Name).Select(row => row.Name).ToListAsync(cancellation);
            var environments = await db.Environments.AsNoTracking().OrderByDescending(row => row.FirstSeenAt).ToListAsync(cancellation);
            var commits = environments.Select(row => row.Facts.GetValueOrDefault("git.commit", "")).Where(commit => commit.Length > 0).Distinct().Take(MostCommits).ToList();
            IReadOnlyList<string> choices =
            [
                .. implementations.Select(id => $"implementation:{id}"), .. implementations.Select(id => id.Split('/')[0]).Distinct().Select(id => $"mechanism:{id}"),
                .. commits.Select(commit => $"commit:{Short(commit)}"), .. agents.Select(name => $"agent:{name}"),
                .. environments.Select(row => row.ComparabilityKey).Distinct().Select(key => $"environment:{key}"),
            ];
            var examples = new List<(string, string, string)>();
            if (commits.Count > 1)
            {
                examples.Add(($"the two newest commits, {Short(commits[1])} and {Short(commits[0])}", $"commit:{Short(commits[1])}", $"commit:{Short(commits[0])}"));
            }

            if (implementations.Contains(CurvesQuery.DefaultBaseline))
            {
                examples.AddRange(implementations.Where(id => id != CurvesQuery.DefaultBaseline).Take(3)
                    .Select(id => ($"{CurvesQuery.DefaultBaseline} and {id}", $"implementation:{CurvesQuery.DefaultBaseline}", $"implementation:{id}")));
            }

            return (choices, (IReadOnlyList<(string, string, string)>)examples);
        });

    private static string Short(string commit) => commit.Length > 12 ? commit[..12] : commit;
}
