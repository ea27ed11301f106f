using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Bench.Data;
using Bench.Data.Tests;
using Bench.Domain.Matrix;
using Bench.Domain.Protocol;
using Bench.Domain.Results;
using Microsoft.EntityFrameworkCore;
using Parquet.Serialization;

namespace Bench.Web.Tests.Api;

/// <summary>What readers of the API get.</summary>
public sealed class ReadTests
{
    public static TheoryData<DatabaseKind> Kinds => TestDatabase.Kinds;

    [Theory, MemberData(nameof(Kinds))]
    public async Task Curves_carry_the_median_and_the_mark_of_the_failing_length(DatabaseKind kind)
    {
        await using var site = await TestSite.StartAsync(kind);
        using var agent = await MeasureAsync(site, 64, 128, 256);
        var last = (await TestSite.ClaimAsync(agent))!;
        using var stored = await TestSite.SubmitAsync(agent, last, Samples.Failed(last, FailureClass.OutOfMemory));

        var view = await agent.GetFromJsonAsync<JsonElement>("api/v1/curves");

        var points = view.GetProperty("series")[0].GetProperty("points");
        Assert.Equal([64, 128, 256], points.EnumerateArray().Select(point => point.GetProperty("length").GetInt32()));
        Assert.Equal(64.5, points[0].GetProperty("median").GetDouble());
        Assert.Equal("OOM", points[2].GetProperty("glyph").GetString());
        Assert.Equal("causal-self", view.GetProperty("filter").GetProperty("pattern").GetString());
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Paging_repeats_and_skips_nothing_while_rows_are_added(DatabaseKind kind)
    {
        await using var site = await TestSite.StartAsync(kind);
        using var agent = await MeasureAsync(site, [.. Enumerable.Range(1, 21)]);
        var before = await IdsAsync(agent, "api/v1/runs?limit=500");
        var seen = new List<string>();
        for (string? next = "api/v1/runs?limit=4"; next is not null;)
        {
            using var answer = await agent.GetAsync(next);
            var page = await answer.Content.ReadFromJsonAsync<JsonElement>();
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()!));
            next = page.TryGetProperty("nextCursor", out var cursor) && cursor.ValueKind == JsonValueKind.String
                ? $"api/v1/runs?limit=4&cursor={cursor.GetString()}"
                : null;
            if (next is not null)
            {
                Assert.Contains("rel=\"next\"", answer.Headers.GetValues("Link").Single(), StringComparison.Ordinal);
                await MeasureMoreAsync(agent);
            }
        }

        Assert.Equal(before, seen);
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=501")]
    [InlineData("limit=x")]
    [InlineData("outcome=nice")]
    [InlineData("since=yesterday")]
    [InlineData("cursor=forged")]
    [InlineData("cursor=CfDJ8AAAAAAAAAAAAAAAAAAAAAA")]
    public async Task Wrong_query_is_400(string query)
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var client = site.Anonymous();

        using var answer = await client.GetAsync("api/v1/runs?" + query);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Second_read_with_the_etag_is_304_until_something_changes()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await MeasureAsync(site, 64, 128);
        using var first = await agent.GetAsync("api/v1/runs");
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/runs");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);

        using var second = await agent.SendAsync(request);
        await MeasureMoreAsync(agent);
        using var again = new HttpRequestMessage(HttpMethod.Get, "api/v1/runs");
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var third = await agent.SendAsync(again);

        Assert.Equal((HttpStatusCode.NotModified, 0), (second.StatusCode, (await second.Content.ReadAsByteArrayAsync()).Length));
        Assert.Equal(HttpStatusCode.OK, third.StatusCode);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Csv_ndjson_and_parquet_contain_the_same_values(DatabaseKind kind)
    {
        await using var site = await TestSite.StartAsync(kind);
        using var agent = await MeasureAsync(site, 64, 128, 256);

        var csv = (await agent.GetStringAsync("api/v1/runs/export?format=csv")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var ndjson = (await agent.GetStringAsync("api/v1/runs/export?format=ndjson")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement).ToList();
        using var parquet = new MemoryStream(await agent.GetByteArrayAsync("api/v1/runs/export?format=parquet"));
        var rows = (await ParquetSerializer.DeserializeUntypedAsync(parquet)).Data;

        var header = csv[0].Split(',');
        var medians = csv[1..].Select(line => line.Split(',')[Array.IndexOf(header, "length")]).ToList();
        Assert.Equal(2, medians.Count);
        Assert.Equal(medians, ndjson.Select(row => row.GetProperty("length").ToString()));
        Assert.Equal(medians, rows.Select(row => row["length"]!.ToString()));
        Assert.Equal(ndjson.Select(row => row.GetProperty("median").GetDouble()), rows.Select(row => (double)row["median"]!));
        Assert.Equal(ndjson.Select(row => row.GetProperty("samples").GetString()), rows.Select(row => (string?)row["samples"]));
    }

    [Fact]
    public async Task Export_carries_the_digest_of_its_bytes()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await MeasureAsync(site, 64, 128);

        using var answer = await agent.GetAsync("api/v1/runs/export?format=csv");
        var bytes = await answer.Content.ReadAsByteArrayAsync();

        Assert.Equal($"sha-256=:{Convert.ToBase64String(SHA256.HashData(bytes))}:", answer.Headers.GetValues("Repr-Digest").Single());
        Assert.Equal(bytes.Length, answer.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task Accept_that_nothing_satisfies_is_406()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var client = site.Anonymous();
        client.DefaultRequestHeaders.Accept.ParseAdd("image/png");

        using var answer = await client.GetAsync("api/v1/curves");

        Assert.Equal(HttpStatusCode.NotAcceptable, answer.StatusCode);
    }

    [Fact]
    public async Task Recall_table_shows_the_share_of_seeds_that_solved_the_task()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await site.AgentAsync();
        var cell = Samples.Cell(64) with { Task = "recall/mqar", Parameters = new SortedDictionary<string, string> { ["pairs"] = "4" } };
        var plan = Samples.PlanOf("recall", cell, cell with { Length = 128, Parameters = new SortedDictionary<string, string> { ["pairs"] = "8" } });
        plan = plan with { Cells = [.. plan.Cells.SelectMany(planned => new[] { 1, 2 }.Select(seed => planned with { Seed = seed }))] };
        using var pushed = await agent.PutAsJsonAsync("api/v1/suites/recall", plan, WireJson.Strict);
        await TestSite.PostAsync<EnqueueAnswer>(agent, "api/v1/jobs", new EnqueueRequest("recall"));
        foreach (var accuracy in new[] { 0.99, 0.3, 0.95, 0.97 })
        {
            var assignment = (await TestSite.ClaimAsync(agent))!;
            using var stored = await TestSite.SubmitAsync(
                agent, assignment, Samples.Success(assignment) with { Metrics = [MetricSamples.Of(Metric.Accuracy, accuracy)] });
        }

        var view = await agent.GetFromJsonAsync<JsonElement>("api/v1/recall");

        Assert.Equal(["64/4", "128/8"], view.GetProperty("columns").EnumerateArray().Select(column => column.GetProperty("label").GetString()));
        var values = view.GetProperty("rows")[0].GetProperty("values");
        Assert.Equal([0.5, 1.0], values.EnumerateArray().Select(value => value.GetProperty("successRate").GetDouble()));
    }

    [Fact]
    public async Task Recall_view_carries_dials_widths_longer_rows_and_diagnostics()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await site.AgentAsync();
        var narrow = Samples.Cell(64) with { Task = "recall/mqar", Heads = 1, HeadSize = 32 };
        var wide = narrow with { HeadSize = 64 };
        var dial = wide with { Parameters = new(StringComparer.Ordinal) { ["keySize"] = "8", ["testLengths"] = "64,128" } };
        var other = wide with { Pattern = AttentionPattern.NoncausalSelf };
        using var pushed = await agent.PutAsJsonAsync("api/v1/suites/recall", Samples.PlanOf("recall", narrow, wide, dial, other), WireJson.Strict);
        await TestSite.PostAsync<EnqueueAnswer>(agent, "api/v1/jobs", new EnqueueRequest("recall"));
        for (var i = 0; i < 4; i++)
        {
            var assignment = (await TestSite.ClaimAsync(agent))!;
            using var stored = await TestSite.SubmitAsync(agent, assignment, Samples.Success(assignment) with
            {
                Metrics =
                [
                    MetricSamples.Of(Metric.Accuracy, 0.9), MetricSamples.Of(Metric.TrainStepsPerSecond, 50),
                    .. new[] { 64, 128 }.Where(_ => assignment.Cell.Parameters.ContainsKey("testLengths"))
                        .Select(length => MetricSamples.Of(Metric.AccuracyAt($"n{length}"), 0.8)),
                ],
                Facts = new(StringComparer.Ordinal) { [AttentionDiagnostic.Entropy.Key(2)] = 1.5, ["parameters"] = 100 },
            });
        }

        var view = await agent.GetFromJsonAsync<JsonElement>("api/v1/recall");
        var noncausal = await agent.GetFromJsonAsync<JsonElement>("api/v1/recall?pattern=noncausal-self");
        var small = await agent.GetFromJsonAsync<JsonElement>("api/v1/recall?width=32");

        // A dial is a row of its own, not a column; the widest model of most cells and the causal pattern are shown first.
        Assert.Equal(["softmax/naive", "softmax/naive keySize=8"], Strings(view, "rows", "name"));
        Assert.Equal(["64"], Strings(view, "columns", "label"));
        Assert.Equal(64, view.GetProperty("filter").GetProperty("width").GetInt32());
        Assert.Equal("causal-self", view.GetProperty("filter").GetProperty("pattern").GetString());
        Assert.Equal(0.02, view.GetProperty("rows")[0].GetProperty("values")[0].GetProperty("stepSeconds").GetDouble(), 6);
        Assert.Equal(["n64", "n128"], Strings(view, "slices", "slice"));
        Assert.Equal([32, 64], view.GetProperty("byWidth").EnumerateArray().Where(value => value.GetProperty("name").GetString() == "softmax/naive")
            .Select(value => value.GetProperty("width").GetInt32()));
        Assert.Equal(1.5, view.GetProperty("diagnostics")[0].GetProperty("values").GetProperty(AttentionDiagnostic.Entropy.Name).GetDouble());
        Assert.Equal(2, view.GetProperty("diagnostics")[0].GetProperty("layer").GetInt32());
        Assert.Equal("noncausal-self", noncausal.GetProperty("rows")[0].GetProperty("pattern").GetString());
        Assert.Equal(["softmax/naive"], Strings(small, "rows", "name"));
    }

    [Fact]
    public async Task Recall_of_an_unknown_pattern_is_400()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var client = site.Anonymous();

        using var answer = await client.GetAsync("api/v1/recall?pattern=sideways");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Queue_says_why_no_agent_takes_a_job()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await site.AgentAsync();
        using var pushed = await agent.PutAsJsonAsync(
            "api/v1/suites/gpu", Samples.PlanOf("gpu", Samples.Cell(64) with { Device = "cuda" }), WireJson.Strict);
        await TestSite.PostAsync<EnqueueAnswer>(agent, "api/v1/jobs", new EnqueueRequest("gpu"));

        var queue = await agent.GetFromJsonAsync<JsonElement>("api/v1/queue");

        Assert.Equal(
            "No agent can take this: tester: it needs a cuda device, the agent has cpu.",
            queue.GetProperty("waiting")[0].GetProperty("whyWaiting").GetString());
    }

    [Fact]
    public async Task Events_resume_with_nothing_twice_and_bring_the_next_change()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await MeasureAsync(site, 64, 128);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var first = await EventsAsync(agent, null, succeeded: 1, () => Task.CompletedTask, limit.Token);

        // On the way the job is leased and running, which may be told as well.
        var second = await EventsAsync(agent, first[^1], succeeded: 2, () => MeasureMoreAsync(agent), limit.Token);

        Assert.DoesNotContain(first[^1], second);
        Assert.Equal(second.Distinct(), second);
    }

    [Theory]
    [InlineData("api/v1/runs/run_none")]
    [InlineData("api/v1/agents/agt_none")]
    [InlineData("api/v1/mechanisms/none")]
    [InlineData("api/v1/suites/none/progress")]
    public async Task Unknown_id_is_404_with_a_way_on(string path)
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var client = site.Anonymous();

        using var answer = await client.GetAsync(path);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("GET /api/v1/", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    /// <summary>Measures all lengths but the last, whose job stays queued.</summary>
    private static async Task<HttpClient> MeasureAsync(TestSite site, params int[] lengths)
    {
        var agent = await site.AgentAsync();
        await TestSite.QueueAsync(agent, "quick", lengths);
        for (var i = 0; i < lengths.Length - 1; i++)
        {
            await MeasureMoreAsync(agent);
        }

        return agent;
    }

    private static async Task MeasureMoreAsync(HttpClient agent)
    {
        if (await TestSite.ClaimAsync(agent) is { } assignment)
        {
            using var stored = await TestSite.SubmitAsync(agent, assignment, Samples.Success(assignment, assignment.Cell.Length + 0.5));
            stored.EnsureSuccessStatusCode();
        }
    }

    private static async Task<List<string>> IdsAsync(HttpClient client, string path) =>
        [.. (await client.GetFromJsonAsync<JsonElement>(path)).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()!)];

    private static IEnumerable<string?> Strings(JsonElement view, string list, string field) =>
        view.GetProperty(list).EnumerateArray().Select(item => item.GetProperty(field).GetString());

    /// <summary>Ids of the events up to the one that tells so many succeeded cells.</summary>
    private static async Task<List<string>> EventsAsync(HttpClient client, string? last, int succeeded, Func<Task> meanwhile, CancellationToken limit)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/events?topic=suite:quick");
        if (last is not null)
        {
            request.Headers.Add("Last-Event-ID", last);
        }

        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(limit));
        await meanwhile();
        var ids = new List<string>();
        while (await reader.ReadLineAsync(limit) is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal))
            {
                ids.Add(line[4..]);
            }

            if (line.StartsWith("data: ", StringComparison.Ordinal)
                && JsonDocument.Parse(line[6..]).RootElement.GetProperty("progress").GetProperty("succeeded").GetInt32() == succeeded)
            {
                return ids;
            }
        }

        throw new InvalidOperationException("The stream ended.");
    }
}
