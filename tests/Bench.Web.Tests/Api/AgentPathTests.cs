using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Bench.Data;
using Bench.Data.Rows;
using Bench.Data.Tests;
using Bench.Domain.Leasing;
using Bench.Domain.Protocol;
using Bench.Domain.Results;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Tests.Api;

/// <summary>What an agent does, over HTTP, from its code to its result.</summary>
public sealed class AgentPathTests
{
    public static TheoryData<DatabaseKind> Kinds => TestDatabase.Kinds;

    [Theory, MemberData(nameof(Kinds))]
    public async Task Agent_enrols_claims_beats_and_delivers(DatabaseKind kind)
    {
        await using var site = await TestSite.StartAsync(kind);
        using var agent = await site.AgentAsync();
        await TestSite.QueueAsync(agent, "quick", 64, 128);

        var assignment = (await TestSite.ClaimAsync(agent))!;
        using var beat = await agent.PutAsJsonAsync(
            $"api/v1/attempts/{assignment.AttemptId}/heartbeat",
            new Heartbeat { LeaseToken = assignment.LeaseToken, Phase = "measure", Progress = 0.5, Message = "1.5 ms" }, WireJson.Strict);
        using var stored = await TestSite.SubmitAsync(agent, assignment, Samples.Success(assignment));

        Assert.Equal(HttpStatusCode.OK, beat.StatusCode);
        Assert.Equal(HttpStatusCode.Created, stored.StatusCode);
        var run = await agent.GetFromJsonAsync<JsonElement>(stored.Headers.Location);
        Assert.Equal(1.5, run.GetProperty("metrics")[0].GetProperty("median").GetDouble());
        var progress = await agent.GetFromJsonAsync<SuiteProgress>("api/v1/suites/quick/progress", WireJson.Lenient);
        Assert.Equal(new SuiteProgress("quick", 1, 0, 1, 0, 0, "1.5 ms"), progress);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Result_sent_again_is_answered_with_the_stored_run(DatabaseKind kind)
    {
        await using var site = await TestSite.StartAsync(kind);
        using var agent = await site.AgentAsync();
        await TestSite.QueueAsync(agent, "quick", 64);
        var assignment = (await TestSite.ClaimAsync(agent))!;
        var result = Samples.Success(assignment);

        using var first = await TestSite.SubmitAsync(agent, assignment, result);
        using var second = await TestSite.SubmitAsync(agent, assignment, result);

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (first.StatusCode, second.StatusCode));
        Assert.Equal(["true"], second.Headers.GetValues("Idempotency-Replayed"));
        Assert.Equal(await first.Content.ReadAsStringAsync(), await second.Content.ReadAsStringAsync());
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Waiting_agent_is_woken_by_new_work(DatabaseKind kind)
    {
        await using var site = await TestSite.StartAsync(kind);
        using var agent = await site.AgentAsync();

        var claim = TestSite.ClaimAsync(agent, wait: 30);
        await TestSite.QueueAsync(agent, "quick", 64);

        Assert.NotNull(await claim.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task Agent_that_registers_again_gives_its_lease_back()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await site.AgentAsync();
        await TestSite.QueueAsync(agent, "quick", 64);
        var lost = (await TestSite.ClaimAsync(agent))!;

        using var again = await agent.PutAsJsonAsync("api/v1/agents/me", Samples.Registration(), WireJson.Strict);

        var next = (await TestSite.ClaimAsync(agent))!;
        Assert.Equal(lost.JobId, next.JobId);
        using var beat = await agent.PutAsJsonAsync(
            $"api/v1/attempts/{lost.AttemptId}/heartbeat", new Heartbeat { LeaseToken = lost.LeaseToken, Phase = "measure" }, WireJson.Strict);
        Assert.Equal(("lease-lost", HttpStatusCode.Conflict), (await SlugAsync(beat), beat.StatusCode));
    }

    [Fact]
    public async Task Bootstrap_code_works_once_and_its_agent_may_push_suites()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var anonymous = site.Anonymous();

        using var first = await anonymous.PostAsJsonAsync("api/v1/enrollments", new EnrollmentRequest(TestSite.Code, "local"), WireJson.Strict);
        using var second = await anonymous.PostAsJsonAsync("api/v1/enrollments", new EnrollmentRequest(TestSite.Code, "local"), WireJson.Strict);

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Unauthorized), (first.StatusCode, second.StatusCode));
        var key = (await first.Content.ReadFromJsonAsync<EnrollmentAnswer>(WireJson.Lenient))!.Key;
        anonymous.DefaultRequestHeaders.Authorization = new("Bearer", key);
        Assert.Equal(1, (await TestSite.QueueAsync(anonymous, "quick", 64)).Queued);
    }

    [Theory]
    [InlineData("""{"leaseToken":"x","phase":"measure","progress":2}""", "validation-failed")]
    [InlineData("""{"leaseToken":"x","phase":"measure","progress":NaN}""", "malformed-json")]
    [InlineData("""{"leaseToken":"x","phase":"measure","progress":1e999}""", "validation-failed")]
    [InlineData("""{"leaseToken":"x","phase":"measure","surprise":1}""", "malformed-json")]
    [InlineData("""{"leaseToken":"x","leaseToken":"y","phase":"measure"}""", "malformed-json")]
    [InlineData("""{"leaseToken":"x"}""", "malformed-json")]
    [InlineData("""{"leaseToken":null,"phase":"measure"}""", "malformed-json")]
    [InlineData("""{"leaseToken":"x","phase":"a\u0000b"}""", "validation-failed")]
    [InlineData("""{"leaseToken":"x","phase":"\ud800"}""", "malformed-json")]
    [InlineData("", "malformed-json")]
    [InlineData("[", "malformed-json")]
    [InlineData("null", "malformed-json")]
    public async Task Malformed_heartbeat_is_refused_with_a_reason_and_a_remedy(string body, string slug)
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await site.AgentAsync();

        using var answer = await agent.PutAsync("api/v1/attempts/att_x/heartbeat", new StringContent(body, null, "application/json"));

        var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(($"/problems/{slug}", 400), (problem.GetProperty("type").GetString(), problem.GetProperty("status").GetInt32()));
        Assert.All(["title", "detail", "remedy", "traceId", "instance"], name => Assert.NotEqual("", problem.GetProperty(name).GetString()));
    }

    [Fact]
    public async Task Oversized_result_is_refused_and_nothing_is_stored()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await site.AgentAsync();
        await TestSite.QueueAsync(agent, "quick", 64);
        var assignment = (await TestSite.ClaimAsync(agent))!;

        using var answer = await TestSite.SubmitAsync(agent, assignment, Samples.Success(assignment) with { LogTail = new string('x', 9 << 20) });

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "payload-too-large"), (answer.StatusCode, await SlugAsync(answer)));
        Assert.Equal(0, await site.Database.CountAsync<RunRow>());
    }

    [Fact]
    public async Task Result_with_a_zero_time_is_refused_and_points_at_it()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await site.AgentAsync();
        await TestSite.QueueAsync(agent, "quick", 64);
        var assignment = (await TestSite.ClaimAsync(agent))!;

        using var answer = await TestSite.SubmitAsync(
            agent, assignment, Samples.Success(assignment) with { Metrics = [MetricSamples.Of(Metric.TimeMs, 1, 0)] });

        var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.True(problem.GetProperty("errors").TryGetProperty("/metrics/0/samples", out _));
        await using var db = site.Database.Open();
        Assert.Equal(JobState.Leased, (await db.Jobs.SingleAsync()).State);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Request_with_a_known_idempotency_key_is_answered_again_and_not_done_again(DatabaseKind kind)
    {
        await using var site = await TestSite.StartAsync(kind);
        using var agent = await site.AgentAsync();
        using var pushed = await agent.PutAsJsonAsync("api/v1/suites/quick", Samples.Plan("quick", 64), WireJson.Strict);
        async Task<HttpResponseMessage> Send(string suite)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "api/v1/jobs")
            {
                Content = JsonContent.Create(new EnqueueRequest(suite, SkipFinished: false), options: WireJson.Strict),
            };
            request.Headers.Add("Idempotency-Key", "once");
            return await agent.SendAsync(request);
        }

        using var first = await Send("quick");
        using var second = await Send("quick");
        using var other = await Send("full");

        Assert.Equal(await first.Content.ReadAsStringAsync(), await second.Content.ReadAsStringAsync());
        Assert.Equal(["true"], second.Headers.GetValues("Idempotency-Replayed"));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "idempotency-key-reused"), (other.StatusCode, await SlugAsync(other)));
        Assert.Equal(1, await site.Database.CountAsync<JobRow>());
    }

    [Fact]
    public async Task Metrics_count_the_waiting_jobs()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var client = site.Anonymous();

        var text = await client.GetStringAsync("metrics");

        Assert.Contains("bench_queue_leased", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("99", HttpStatusCode.UpgradeRequired)]
    [InlineData("0", HttpStatusCode.UpgradeRequired)]
    [InlineData("one", HttpStatusCode.BadRequest)]
    [InlineData("1", HttpStatusCode.NoContent)]
    public async Task Agent_of_an_unknown_protocol_is_told_to_upgrade(string version, HttpStatusCode expected)
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await site.AgentAsync();
        agent.DefaultRequestHeaders.Add(WireJson.ProtocolHeader, version);

        using var answer = await agent.PostAsJsonAsync("api/v1/jobs/claims", new ClaimRequest(), WireJson.Strict);

        Assert.Equal(expected, answer.StatusCode);
        Assert.Equal(["2"], answer.Headers.GetValues(WireJson.ProtocolHeader));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Two_servers_share_one_queue(DatabaseKind kind)
    {
        await using var first = await TestSite.StartAsync(kind);
        await using var second = first.StartTwin();
        using var agent = await first.AgentAsync();
        using var same = second.Anonymous();
        same.DefaultRequestHeaders.Authorization = agent.DefaultRequestHeaders.Authorization;
        await TestSite.QueueAsync(agent, "quick", 64);

        var assignment = (await TestSite.ClaimAsync(same))!;
        using var stored = await TestSite.SubmitAsync(agent, assignment, Samples.Success(assignment));

        Assert.Equal(HttpStatusCode.Created, stored.StatusCode);
        Assert.Null(await TestSite.ClaimAsync(agent));
    }

    private static async Task<string> SlugAsync(HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("type").GetString()!.Split('/')[^1];
}
