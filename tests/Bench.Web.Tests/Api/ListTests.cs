using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Bench.Data;
using Bench.Data.Agents;
using Bench.Data.Tests;
using Bench.Domain.Protocol;

namespace Bench.Web.Tests.Api;

/// <summary>Cells, jobs, boards and exports.</summary>
public sealed class ListTests
{
    public static TheoryData<DatabaseKind> Kinds => TestDatabase.Kinds;

    [Theory, MemberData(nameof(Kinds))]
    public async Task Cells_are_paged_filtered_and_carry_their_newest_numbers(DatabaseKind kind)
    {
        await using var site = await TestSite.StartAsync(kind);
        using var agent = await MeasuredAsync(site, 64, 128, 256);

        var first = await agent.GetFromJsonAsync<JsonElement>("api/v1/cells?limit=2&mechanism=softmax&length.gte=64");
        var rest = await agent.GetFromJsonAsync<JsonElement>($"api/v1/cells?limit=2&mechanism=softmax&length.gte=64&cursor={first.GetProperty("nextCursor").GetString()}");
        var other = await agent.GetFromJsonAsync<JsonElement>("api/v1/cells?mechanism=linear");
        var one = await agent.GetFromJsonAsync<JsonElement>($"api/v1/cells/{first.GetProperty("items")[0].GetProperty("key").GetString()}");

        Assert.Equal([64, 128, 256], first.GetProperty("items").EnumerateArray().Concat(rest.GetProperty("items").EnumerateArray()).Select(cell => cell.GetProperty("length").GetInt32()));
        Assert.Equal(0, other.GetProperty("items").GetArrayLength());
        var result = Assert.Single(one.GetProperty("results").EnumerateArray());
        Assert.Equal(64.5, result.GetProperty("numbers")[0].GetProperty("median").GetDouble());
    }

    [Theory]
    [InlineData("cells?length.gte=-1")]
    [InlineData("cells?pattern=sideways")]
    [InlineData("cells?cursor=forged")]
    [InlineData("cells?limit=0")]
    [InlineData("jobs?state=asleep")]
    [InlineData("jobs?state=1")]
    [InlineData("jobs?cursor=forged")]
    public async Task Wrong_query_is_400(string query)
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var client = site.Anonymous();

        using var answer = await client.GetAsync("api/v1/" + query);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Jobs_are_paged_from_the_newest_and_one_shows_its_attempts(DatabaseKind kind)
    {
        await using var site = await TestSite.StartAsync(kind);
        using var agent = await MeasuredAsync(site, 64, 128, 256);

        var seen = new List<string>();
        for (var path = "api/v1/jobs?limit=2"; ;)
        {
            var page = await agent.GetFromJsonAsync<JsonElement>(path);
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(job => job.GetProperty("id").GetString()!));
            if (!page.TryGetProperty("nextCursor", out var next) || next.ValueKind != JsonValueKind.String)
            {
                break;
            }

            path = $"api/v1/jobs?limit=2&cursor={next.GetString()}";
        }

        var done = await agent.GetFromJsonAsync<JsonElement>("api/v1/jobs?state=succeeded&suite=quick");
        var one = await agent.GetFromJsonAsync<JsonElement>($"api/v1/jobs/{seen[0]}");

        Assert.Equal(seen.OrderDescending(StringComparer.Ordinal), seen);
        Assert.Equal(3, seen.Distinct().Count());
        Assert.Equal(3, done.GetProperty("items").GetArrayLength());
        Assert.Equal("succeeded", one.GetProperty("attempts")[0].GetProperty("state").GetString());
    }

    [Fact]
    public async Task Boards_are_listed_and_ranked_like_their_pages()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await MeasuredAsync(site, 64, 128);

        var boards = await agent.GetFromJsonAsync<JsonElement>("api/v1/boards");
        var board = await agent.GetFromJsonAsync<JsonElement>("api/v1/boards/speed-causal-self");
        using var unknown = await agent.GetAsync("api/v1/boards/none");

        Assert.True(boards.GetArrayLength() >= 5);
        Assert.Equal("speed-causal-self", board.GetProperty("board").GetProperty("slug").GetString());
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Export_is_written_in_the_background_and_any_server_hands_it_out(DatabaseKind kind)
    {
        await using var site = await TestSite.StartAsync(kind);
        await using var twin = site.StartTwin();
        using var agent = await MeasuredAsync(site, 64, 128, 256);
        using var submitter = await site.UserAsync(Scopes.WriteSuites);
        using var reader = twin.Anonymous();

        using var asked = await submitter.PostAsJsonAsync("api/v1/exports", new { format = "csv", filter = "mechanism=softmax&latest=true" });
        Assert.Equal(HttpStatusCode.Accepted, asked.StatusCode);
        var export = await ReadyAsync(reader, asked.Headers.Location!.ToString());
        using var file = await reader.GetAsync(export.GetProperty("content").GetString());
        var bytes = await file.Content.ReadAsByteArrayAsync();

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), export.GetProperty("sha256").GetString());
        Assert.Equal(bytes.Length, export.GetProperty("sizeBytes").GetInt64());
        Assert.Equal(3, export.GetProperty("rowCount").GetInt64());
        Assert.Equal(await agent.GetByteArrayAsync("api/v1/runs/export?format=csv&mechanism=softmax&latest=true"), bytes);
    }

    [Theory]
    [InlineData("xlsx", "")]
    [InlineData("1", "")]
    [InlineData("csv", "since=yesterday")]
    public async Task Export_of_nonsense_is_400_and_leaves_no_row(string format, string filter)
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var submitter = await site.UserAsync(Scopes.WriteSuites);

        using var asked = await submitter.PostAsJsonAsync("api/v1/exports", new { format, filter });

        Assert.Equal(HttpStatusCode.BadRequest, asked.StatusCode);
        Assert.Equal(0, await site.Database.CountAsync<Data.Rows.ExportRow>());
    }

    [Fact]
    public async Task Suite_that_exists_is_replaced_only_by_who_saw_it()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var submitter = await site.UserAsync(Scopes.WriteSuites);
        using var made = await PutAsync(submitter, "first", null, "2");
        var tag = made.Headers.ETag!.ToString();
        using var read = await submitter.GetAsync("api/v1/suites/quick");

        using var blind = await PutAsync(submitter, "second", null, "2");
        using var stale = await PutAsync(submitter, "second", "\"0123\"", "2");
        using var same = await PutAsync(submitter, "first", null, "2");
        using var seen = await PutAsync(submitter, "second", tag, "2");
        using var again = await PutAsync(submitter, "third", tag, "2");
        using var old = await PutAsync(submitter, "fourth", null, "1");

        Assert.Equal(tag, read.Headers.ETag!.ToString());
        Assert.Equal(
            [(HttpStatusCode)428, HttpStatusCode.PreconditionFailed, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.PreconditionFailed, HttpStatusCode.OK],
            [blind.StatusCode, stale.StatusCode, same.StatusCode, seen.StatusCode, again.StatusCode, old.StatusCode]);
    }

    [Fact]
    public async Task Every_answer_says_how_much_the_caller_may_still_ask()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite, ("RateLimits:KeyBurst", "20"), ("RateLimits:KeyPerSecond", "1"));
        using var anonymous = site.Anonymous();
        using var submitter = await site.UserAsync(Scopes.WriteSuites);

        using var open = await anonymous.GetAsync("api/v1/runs");
        var left = new List<int>();
        HttpStatusCode last;
        do
        {
            using var answer = await submitter.PostAsJsonAsync("api/v1/jobs", new EnqueueRequest("none"), WireJson.Strict);
            left.Add(int.Parse(answer.Headers.GetValues("RateLimit-Remaining").Single(), System.Globalization.CultureInfo.InvariantCulture));
            last = answer.StatusCode;
            Assert.True(last != HttpStatusCode.TooManyRequests || answer.Headers.RetryAfter is not null);
        }
        while (last != HttpStatusCode.TooManyRequests && left.Count < 60);

        Assert.Equal("300", open.Headers.GetValues("RateLimit-Limit").Single());
        Assert.True(open.Headers.Contains("RateLimit-Remaining") && open.Headers.Contains("RateLimit-Reset"));
        Assert.Equal(HttpStatusCode.TooManyRequests, last);
        Assert.True(left.Count >= 20 && left[0] > left[^1], string.Join(' ', left));
    }

    [Fact]
    public async Task Agent_drains_and_resumes_itself_but_not_against_a_maintainer()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await site.AgentAsync();
        using var maintainer = await site.UserAsync(Scopes.Administer);
        await TestSite.QueueAsync(agent, "quick", 64);

        using var drained = await agent.PostAsync("api/v1/agents/me/drain", null);
        var whileDraining = await TestSite.ClaimAsync(agent);
        var self = (await agent.GetFromJsonAsync<AgentSelf>("api/v1/agents/me", WireJson.Lenient))!;
        using var resumed = await agent.PostAsync("api/v1/agents/me/resume", null);
        using var byMaintainer = await maintainer.PostAsync($"api/v1/agents/{self.AgentId}/drain", null);
        using var refused = await agent.PostAsync("api/v1/agents/me/resume", null);
        using var allowed = await maintainer.PostAsync($"api/v1/agents/{self.AgentId}/resume", null);

        Assert.Null(whileDraining);
        Assert.Equal(Domain.Leasing.AgentState.Draining, self.State);
        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.Conflict, HttpStatusCode.OK],
            [drained.StatusCode, resumed.StatusCode, byMaintainer.StatusCode, refused.StatusCode, allowed.StatusCode]);
        Assert.NotNull(await TestSite.ClaimAsync(agent));
    }

    [Fact]
    public async Task Agent_with_a_wrong_clock_is_quarantined_and_says_why()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await site.AgentAsync();
        await TestSite.QueueAsync(agent, "quick", 64);
        agent.DefaultRequestHeaders.Add(WireJson.ClockSkewHeader, "-61.5");

        var claimed = await TestSite.ClaimAsync(agent);

        Assert.Null(claimed);
        var self = (await agent.GetFromJsonAsync<AgentSelf>("api/v1/agents/me", WireJson.Lenient))!;
        Assert.Equal(Domain.Leasing.AgentState.Quarantined, self.State);
        Assert.Contains("61.5 s behind", self.Reason, StringComparison.Ordinal);
    }

    private static async Task<HttpResponseMessage> PutAsync(HttpClient client, string title, string? ifMatch, string protocol)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "api/v1/suites/quick")
        {
            Content = JsonContent.Create(Samples.Plan("quick", 64) with { Title = title }, options: WireJson.Strict),
        };
        request.Headers.Add(WireJson.ProtocolHeader, protocol);
        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }

        return await client.SendAsync(request);
    }

    private static async Task<JsonElement> ReadyAsync(HttpClient client, string path)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var export = await client.GetFromJsonAsync<JsonElement>(path, limit.Token);
            if (export.GetProperty("state").GetString() == "ready")
            {
                return export;
            }

            await Task.Delay(50, limit.Token);
        }
    }

    private static async Task<HttpClient> MeasuredAsync(TestSite site, params int[] lengths)
    {
        var agent = await site.AgentAsync();
        await TestSite.QueueAsync(agent, "quick", lengths);
        while (await TestSite.ClaimAsync(agent) is { } assignment)
        {
            using var stored = await TestSite.SubmitAsync(agent, assignment, Samples.Success(assignment, assignment.Cell.Length + 0.5));
            stored.EnsureSuccessStatusCode();
        }

        return agent;
    }
}
