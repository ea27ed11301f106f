using System.Net;
using System.Net.Http.Json;
using Bench.Data;
using Bench.Data.Tests;
using Bench.Domain.Matrix;
using Bench.Domain.Protocol;
using Bench.Domain.Results;

namespace Bench.Web.Tests.Features.Parallel;

/// <summary>The pages of split sequences and of hybrids, empty and with a result.</summary>
public sealed class ParallelPageTests
{
    [Theory]
    [InlineData("parallel", "sequence-parallel")]
    [InlineData("hybrids", "hybrids")]
    public async Task An_empty_page_names_the_suite_that_fills_it(string path, string suite)
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await site.AgentAsync();

        var page = await agent.GetStringAsync(path);

        Assert.Contains($"bench suite push {suite}", WebUtility.HtmlDecode(page), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_result_is_drawn_and_listed_with_its_bytes()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await AgentAsync(site);
        var cell = Samples.Cell(64) with { Task = "parallel/sequence", Parameters = new(StringComparer.Ordinal) { ["workers"] = "4" } };
        await RunAsync(
            agent, cell,
            new MetricSamples { Name = "forwardBytesSent", Unit = "B", Better = Better.Lower, Samples = [3_072] },
            new MetricSamples { Name = "backwardBytesSent", Unit = "B", Better = Better.Lower, Samples = [2_048] });

        var page = WebUtility.HtmlDecode(await agent.GetStringAsync("parallel"));

        Assert.Matches(@"At 64 tokens over 4 workers each sends 3(\.\d+)?\s?\S+ forward\.", page);
        Assert.Contains("<svg", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hybrid_has_a_row_of_its_own_for_every_layout()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await AgentAsync(site);
        var cell = Samples.Cell(64) with
        {
            Task = "recall/mqar",
            Implementation = "hybrid/layers",
            Options = new(StringComparer.Ordinal) { ["layout"] = "gla:3,softmax:1" },
        };
        await RunAsync(agent, cell, MetricSamples.Of(Metric.Accuracy, 0.75), MetricSamples.Of(Metric.StateSizeBytes, 4_096));

        var page = WebUtility.HtmlDecode(await agent.GetStringAsync("hybrids"));

        Assert.Contains("layout=gla:3,softmax:1", page.Replace("<wbr>", "", StringComparison.Ordinal).Replace("<wbr />", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("recalls 75.0 %", page, StringComparison.Ordinal);
    }

    /// <summary>An agent that knows hybrids and the task of split sequences besides what every test agent knows.</summary>
    private static async Task<HttpClient> AgentAsync(TestSite site)
    {
        var agent = await site.AgentAsync(register: false);
        var known = Samples.Registration("b1", "softmax/naive", "hybrid/layers");
        var split = known.Catalogue.Tasks[0] with
        {
            Id = "parallel/sequence",
            Metrics = [new Metric("forwardBytesSent", "B", Better.Lower, "Sent forward", ""), new Metric("backwardBytesSent", "B", Better.Lower, "Sent backward", "")],
        };
        using var registered = await agent.PutAsJsonAsync(
            "api/v1/agents/me", known with { Catalogue = known.Catalogue with { Tasks = [.. known.Catalogue.Tasks, split] } }, WireJson.Strict);
        registered.EnsureSuccessStatusCode();
        return agent;
    }

    private static async Task RunAsync(HttpClient agent, Cell cell, params MetricSamples[] metrics)
    {
        using var pushed = await agent.PutAsJsonAsync("api/v1/suites/pages", Samples.PlanOf("pages", cell), WireJson.Strict);
        await TestSite.PostAsync<EnqueueAnswer>(agent, "api/v1/jobs", new EnqueueRequest("pages"));
        var assignment = (await TestSite.ClaimAsync(agent))!;
        using var stored = await TestSite.SubmitAsync(agent, assignment, Samples.Success(assignment) with { Metrics = metrics });
    }
}
