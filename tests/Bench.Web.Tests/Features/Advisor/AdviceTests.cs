using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Bench.Data;
using Bench.Data.Tests;
using Bench.Domain.Matrix;
using Bench.Domain.Protocol;
using Bench.Domain.Results;

namespace Bench.Web.Tests.Features.Advisor;

/// <summary>What the advisor recommends, and what it rules out with which words.</summary>
public sealed class AdviceTests
{
    [Fact]
    public async Task The_fastest_that_remembers_enough_comes_first_and_the_rest_say_what_they_lack()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await site.AgentAsync(register: false);
        using var registered = await agent.PutAsJsonAsync("api/v1/agents/me", Samples.Registration("b1", "softmax/sdpa", "gla/chunked", "linear-elu/chunked", "linear-elu/recurrent"), WireJson.Strict);
        registered.EnsureSuccessStatusCode();
        await TimeAsync(agent, "softmax/sdpa", 10, 1e6);
        await TimeAsync(agent, "gla/chunked", 5, 1e6);
        await TimeAsync(agent, "linear-elu/chunked", 1, 1e6);
        await TimeAsync(agent, "linear-elu/recurrent", 1, 1e9);
        await RecallAsync(agent, "softmax/sdpa", 0.99);
        await RecallAsync(agent, "gla/chunked", 0.95);
        await RecallAsync(agent, "linear-elu/chunked", 0.30);

        var open = await AdviceAsync(agent, "");
        var strict = await AdviceAsync(agent, "?recall=0.9");
        var small = await AdviceAsync(agent, "?memoryBytes=2000000");

        Assert.Equal("linear-elu/chunked", open.GetProperty("fits")[0].GetProperty("id").GetString());
        Assert.Equal(["gla/chunked", "softmax/sdpa"], strict.GetProperty("fits").EnumerateArray().Select(fit => fit.GetProperty("id").GetString()));
        Assert.Equal(2, strict.GetProperty("fits")[1].GetProperty("ratio").GetProperty("value").GetDouble(), 1);
        Assert.Contains(strict.GetProperty("refused").EnumerateArray(), refusal => refusal.GetProperty("reason").GetString() == "recalls 30.0 %");
        // The recurrent form was not trained; the chunked one computes the same function.
        Assert.All(strict.GetProperty("refused").EnumerateArray(), refusal => Assert.StartsWith("linear-elu/", refusal.GetProperty("id").GetString(), StringComparison.Ordinal));
        Assert.Equal("needs 954 MiB", Assert.Single(small.GetProperty("refused").EnumerateArray()).GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Nobody_is_ranked_above_another_that_cannot_be_told_apart_from_it()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await site.AgentAsync(register: false);
        using var registered = await agent.PutAsJsonAsync("api/v1/agents/me", Samples.Registration("b1", "softmax/sdpa", "gla/chunked"), WireJson.Strict);
        await TimeAsync(agent, "softmax/sdpa", 10, 1e6);
        await TimeAsync(agent, "gla/chunked", 10.001, 1e6);

        var view = await AdviceAsync(agent, "");

        Assert.Equal([1, 1], view.GetProperty("fits").EnumerateArray().Select(fit => fit.GetProperty("rank").GetInt32()));
    }

    [Theory]
    [InlineData("recall=2")]
    [InlineData("memoryBytes=-1")]
    [InlineData("pattern=sideways")]
    public async Task Limits_without_a_meaning_are_refused(string query)
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var client = site.Anonymous();

        using var answer = await client.GetAsync($"api/v1/advice?{query}");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    private static async Task<JsonElement> AdviceAsync(HttpClient client, string query) =>
        JsonDocument.Parse(await client.GetStringAsync($"api/v1/advice{query}")).RootElement;

    private static Task TimeAsync(HttpClient agent, string implementation, double milliseconds, double bytes)
    {
        var times = Enumerable.Range(0, 12).Select(index => milliseconds * (1 + (((index * 5) % 7) - 3) * 0.004)).ToArray();
        return RunAsync(agent, Samples.Cell(1024, implementation), MetricSamples.Of(Metric.TimeMs, times), MetricSamples.Of(Metric.PeakMemoryBytes, bytes));
    }

    private static Task RecallAsync(HttpClient agent, string implementation, double accuracy) => RunAsync(
        agent, Samples.Cell(64, implementation) with { Task = "recall/mqar", Parameters = new(StringComparer.Ordinal) { ["pairs"] = "4" } }, MetricSamples.Of(Metric.Accuracy, accuracy));

    private static async Task RunAsync(HttpClient agent, Cell cell, params MetricSamples[] metrics)
    {
        using var pushed = await agent.PutAsJsonAsync("api/v1/suites/advice", Samples.PlanOf("advice", cell), WireJson.Strict);
        await TestSite.PostAsync<EnqueueAnswer>(agent, "api/v1/jobs", new EnqueueRequest("advice"));
        var assignment = (await TestSite.ClaimAsync(agent))!;
        using var stored = await TestSite.SubmitAsync(agent, assignment, Samples.Success(assignment) with { Metrics = metrics });
        stored.EnsureSuccessStatusCode();
    }
}
