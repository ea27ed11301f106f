using System.Net;
using System.Text.Json;
using Bench.Data.Tests;
using Microsoft.EntityFrameworkCore;

namespace Bench.Faults.Tests;

/// <summary>Two servers on one database, behind a balancer that does not care which of them gets a request.</summary>
[Trait("Category", "Slow")]
public sealed class ClusterTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Losing_one_of_two_servers_loses_and_doubles_nothing() => await FaultReport.RunAsync(output, "one of two servers killed", async () =>
    {
        await using var test = await FaultWorld.DatabaseAsync(PostgresCluster.Shared);
        using var first = await ServerProcess.StartAsync(test.ConnectionString);
        using var second = await ServerProcess.StartAsync(test.ConnectionString);
        using var crew = await Crew.StartAsync(test, [first.Address, second.Address], agents: 4, cells: 200);
        var times = Math.Max(3, FaultWorld.Rounds / 20);
        for (var i = 0; i < times; i++)
        {
            await FaultWorld.SomeWorkIsDoneAsync(test, 10);
            await (i % 2 == 0 ? first : second).RestartAsync();
        }

        await Ledger.DrainAsync(test, TimeSpan.FromMinutes(3));
        return (times, await Ledger.CheckAsync(test, crew.Planned, crew.Acknowledged()), "In turn; the other serves on.");
    });

    [Fact]
    public async Task Cursor_of_one_server_leads_on_at_the_other_and_a_schedule_fires_once_for_both() =>
        await FaultReport.RunAsync(output, "requests change servers", async () =>
        {
            await using var test = await FaultWorld.DatabaseAsync(PostgresCluster.Shared);
            var often = new Surroundings { Environment = new Dictionary<string, string> { ["Schedules__Cron__Ageing"] = "0/2 * * * * ?" } };
            using var first = await ServerProcess.StartAsync(test.ConnectionString, surroundings: often);
            using var second = await ServerProcess.StartAsync(test.ConnectionString, surroundings: often);
            using var crew = await Crew.StartAsync(test, [first.Address, second.Address], agents: 2, cells: 30);
            await Ledger.DrainAsync(test, TimeSpan.FromMinutes(2));

            var seen = new List<string>();
            var servers = new[] { first, second };
            string? cursor = null;
            do
            {
                var page = JsonDocument.Parse(await servers[seen.Count / 7 % 2].Http.GetStringAsync($"api/v1/runs?limit=7{(cursor is null ? "" : $"&cursor={cursor}")}"));
                seen.AddRange(page.RootElement.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()!));
                cursor = page.RootElement.TryGetProperty("nextCursor", out var next) && next.ValueKind == JsonValueKind.String ? next.GetString() : null;
            }
            while (cursor is not null);

            Assert.Equal(crew.Planned, seen.Distinct().Count());
            Assert.Equal(crew.Planned, seen.Count);
            using (var forged = await second.Http.GetAsync("api/v1/runs?cursor=forged"))
            {
                Assert.Equal(HttpStatusCode.BadRequest, forged.StatusCode);
            }

            await FaultWorld.UntilAsync(async () => await FiresAsync(test) >= 4, TimeSpan.FromSeconds(60));
            await using var db = test.Open();
            var due = await db.ScheduleFires.Where(fire => fire.Schedule == "Ageing").Select(fire => fire.DueAt).ToListAsync();
            Assert.Equal(due.Count, due.Distinct().Count());
            return (due.Count, await Ledger.CheckAsync(test, crew.Planned, crew.Acknowledged()), "Pages alternate between servers; each fire ran on one of them.");
        });

    private static async Task<int> FiresAsync(TestDatabase test)
    {
        await using var db = test.Open();
        return await db.ScheduleFires.CountAsync(fire => fire.Schedule == "Ageing");
    }
}
