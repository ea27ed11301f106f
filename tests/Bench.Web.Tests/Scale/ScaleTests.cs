using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Bench.Data;
using Bench.Data.Tests;
using Bench.Domain.Protocol;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Tests.Scale;

/// <summary>
/// A laboratory of many nights on PostgreSQL, and how long the site takes to answer over it. <c>BENCH_SCALE_RUNS=1000000</c> makes a million runs
/// with ten million samples; the report is written beside the tests as <c>latency.md</c>. Times are reported and not judged: a test machine is busy.
/// </summary>
[Trait("Category", "Slow")]
public sealed class ScaleTests
{
    private const int Requests = 60;
    private static readonly string[] Mechanisms = [.. Enumerable.Range(1, 29).Select(number => $"m{number:00}/fused")];

    [Fact]
    public async Task Pages_answer_over_many_nights_of_runs()
    {
        var runs = int.Parse(Environment.GetEnvironmentVariable("BENCH_SCALE_RUNS") ?? "20000", CultureInfo.InvariantCulture);
        await using var site = await TestSite.StartAsync(DatabaseKind.Postgres, ("RateLimits:AddressPerSecond", "100000"), ("RateLimits:AddressBurst", "100000"));
        using var agent = await site.AgentAsync(register: false);
        using var registered = await agent.PutAsJsonAsync("api/v1/agents/me", Samples.Registration("b1", ["softmax/sdpa", .. Mechanisms]), WireJson.Strict);
        registered.EnsureSuccessStatusCode();
        var making = Stopwatch.StartNew();
        await FillAsync(site.Database, runs);
        making.Stop();
        using var client = site.Anonymous();
        await using var db = site.Database.Open();
        var count = await db.Runs.CountAsync();
        var samples = await db.Database.SqlQuery<long>($"select sum(cardinality(samples)) as \"Value\" from run_metrics").SingleAsync();
        var ids = await db.Runs.OrderByDescending(run => run.Id).Select(run => run.Id).Take(Requests).ToListAsync();
        var lines = new List<string>
        {
            "# Latency", "",
            $"{count.ToString("N0", CultureInfo.InvariantCulture)} runs, {samples.ToString("N0", CultureInfo.InvariantCulture)} samples, PostgreSQL on the same host; made in {making.Elapsed.TotalSeconds:0} s. {Requests} requests each, one after the other, to the first byte.", "",
            "| Page | median ms | p95 ms | first visit ms |", "|---|---:|---:|---:|",
        };
        foreach (var (name, address) in new (string, Func<int, string>)[]
        {
            ("board", _ => "leaderboards/speed-causal-self"), ("curves", _ => "curves"), ("recall", _ => "recall"), ("home", _ => ""), ("run", index => $"runs/{ids[index % ids.Count]}"),
            ("advisor", _ => "advisor"), ("compare", _ => "compare?a=softmax/sdpa&b=m01/fused"), ("changes", _ => "changes"), ("agents", _ => "agents"),
        })
        {
            lines.Add(await TimeAsync(client, name, address, null));
        }

        using var tagged = await client.GetAsync("api/v1/curves");
        var tag = tagged.Headers.ETag!;
        lines.Add(await TimeAsync(client, "304 of api/v1/curves", _ => "api/v1/curves", tag));
        using var live = await client.GetAsync("live");
        lines.Add(await TimeAsync(client, "304 of live", _ => "live", live.Headers.ETag));
        await File.WriteAllLinesAsync(Path.Combine(AppContext.BaseDirectory, "latency.md"), lines);

        Assert.InRange(count, runs * 9 / 10, runs * 11 / 10);
        Assert.True(samples >= 9L * count, $"{samples} samples of {count} runs");
    }

    private static async Task<string> TimeAsync(HttpClient client, string name, Func<int, string> address, EntityTagHeaderValue? tag)
    {
        var times = new List<double>();
        for (var index = 0; index <= Requests; index++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address(index));
            if (tag is not null)
            {
                request.Headers.IfNoneMatch.Add(tag);
            }

            var watch = Stopwatch.StartNew();
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            times.Add(watch.Elapsed.TotalMilliseconds);
            await answer.Content.ReadAsByteArrayAsync();
            Assert.Equal(tag is null ? HttpStatusCode.OK : HttpStatusCode.NotModified, answer.StatusCode);
        }

        var later = times.Skip(1).Order().ToList();
        return FormattableString.Invariant($"| {name} | {later[later.Count / 2]:0.0} | {later[(int)(later.Count * 0.95)]:0.0} | {times[0]:0.0} |");
    }

    /// <summary>As many nights of 1,440 efficiency cells as make the wanted number of runs, ten repetitions each.</summary>
    private static async Task FillAsync(TestDatabase database, int runs)
    {
        await using var db = database.Open();
        db.Database.SetCommandTimeout(TimeSpan.FromMinutes(10));
        var environment = Samples.Environment();
        db.Environments.Add(new Bench.Data.Rows.EnvironmentRow { Hash = environment.Hash(), Facts = environment, DeviceClass = environment.DeviceClass, ComparabilityKey = environment.ComparabilityKey(), FirstSeenAt = DateTime.UtcNow });
        await db.SaveChangesAsync();
        string[] implementations = ["softmax/sdpa", .. Mechanisms];
        await db.Database.ExecuteSqlAsync($"""
            insert into cells (key, task, implementation, mechanism, pattern, batch, heads, head_size, length, dtype, device, options, parameters, revision)
            select md5(i || p || k), 'efficiency/forward', i, split_part(i, '/', 1), p, 1, 8, 64, 64 * (2 ^ k)::int, 'float32', 'cpu', {"{}"}::jsonb, {"{}"}::jsonb, 0
            from unnest({implementations}) i, unnest(array['noncausal-self', 'causal-self', 'noncausal-cross', 'causal-cross']) p, generate_series(0, 11) k
            """);
        var nights = Math.Max(1, runs / (implementations.Length * 48));
        var (agent, hash, key, device) = (await db.Agents.Select(row => row.Id).FirstAsync(), environment.Hash(), environment.ComparabilityKey(), environment.DeviceClass);
        await db.Database.ExecuteSqlAsync($"""
            create table made as
            select lpad(row_number() over (order by night, c.id)::text, 26, '0') as n, c.id as cell, c.implementation, night, now() - make_interval(hours => {nights} - night) as at,
                   case when c.mechanism = 'softmax' then 0.03 + 7e-7 * c.length::float8 * c.length else 0.1 + (1 + abs(hashtext(c.mechanism)) % 40) * 1e-4 * c.length end
                     * (1 + (abs(hashtext(c.key || night)) % 100) / 5000.0) as v
            from cells c, generate_series(1, {nights}) night
            """);
        await db.Database.ExecuteSqlAsync($"""
            insert into jobs (id, suite, cell_id, seed, reason, priority, turn, task, implementation, device, dtype, min_memory_bytes, estimated_seconds, budget, state, queued_at, not_before, attempts, charged, cancel_requested, agent_id, finished_at, final_attempt_id, version)
            select 'job_' || n, 'full', cell, 1, 'nightly', 10, 0, 'efficiency/forward', implementation, 'cpu', 'float32', 0, 1, {"{}"}::jsonb, 'succeeded', at, at, 1, 1, false, {agent}, at, 'att_' || n, 1 from made
            """);
        await db.Database.ExecuteSqlAsync($"""
            insert into attempts (id, job_id, number, agent_id, token_hash, state, leased_at, started_at, ended_at, phase, progress)
            select 'att_' || n, 'job_' || n, 1, {agent}, '', 'succeeded', at, at, at, 'measure', 1 from made
            """);
        await db.Database.ExecuteSqlAsync($"""
            insert into runs (id, result_id, attempt_id, job_id, cell_id, seed, suite, agent_id, outcome, environment_hash, device_class, comparability_key, build_hash, started_at, finished_at, received_at, late, is_latest, detail)
            select 'run_' || n, 'res_' || n, 'att_' || n, 'job_' || n, cell, 1, 'full', {agent}, 'succeeded', {hash}, {device}, {key}, 'b1', at, at, at, false, night = {nights}, {"{}"}::jsonb from made
            """);
        await db.Database.ExecuteSqlAsync($"""
            insert into run_metrics (run_id, name, unit, better, samples, samples_per_process, median, low, high, count)
            select 'run_' || n, 'timeMs', 'ms', 'lower', array[v, v*1.01, v*0.99, v*1.02, v*0.98, v*1.005, v*0.995, v*1.015, v*0.985, v], array[10], v, v*0.985, v*1.015, 10 from made
            """);
        await db.Database.ExecuteSqlAsync($"""
            insert into cell_states (cell_id, comparability_key, device_class, outcome, run_id, seeds, failed_seeds, updated_at)
            select cell, {key}, {device}, 'succeeded', 'run_' || n, 1, 0, at from made where night = {nights}
            """);
        await db.Database.ExecuteSqlAsync($"""
            insert into cell_summaries (cell_id, comparability_key, metric, unit, better, device_class, median, low, high, count, mean, seed_values, run_id, updated_at)
            select cell, {key}, 'timeMs', 'ms', 'lower', {device}, v, v*0.985, v*1.015, 10, v, array[v], 'run_' || n, at from made where night = {nights}
            """);
        await db.Database.ExecuteSqlAsync($"drop table made");
        await db.Database.ExecuteSqlAsync($"analyze");
    }
}
