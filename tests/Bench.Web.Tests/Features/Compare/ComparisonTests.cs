using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Bench.Data;
using Bench.Data.Tests;
using Bench.Domain.Protocol;
using Bench.Domain.Results;

namespace Bench.Web.Tests.Features.Compare;

/// <summary>Two sides over the API and on the page.</summary>
public sealed class ComparisonTests
{
    private const string Address = "comparisons?a=implementation:softmax/naive&b=implementation:local/banded";
    private static readonly double[] Slow = [10, 10.1, 9.9, 10.2, 9.8, 10.05, 9.95, 10.15];

    [Fact]
    public async Task A_mechanism_twice_as_fast_in_one_cell_is_faster_there_and_nowhere_else()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await AgentAsync(site);
        await RunAsync(agent, "softmax/naive", 64, Slow);
        await RunAsync(agent, "local/banded", 64, [.. Slow.Select(value => value / 2)]);
        await RunAsync(agent, "softmax/naive", 128, Slow);
        await RunAsync(agent, "local/banded", 128, [.. Slow.Select(value => value * 1.0001)]);
        await RunAsync(agent, "local/banded", 256, Slow);

        var view = JsonDocument.Parse(await agent.GetStringAsync("api/v1/" + Address)).RootElement;

        var pairs = view.GetProperty("pairs").EnumerateArray().ToList();
        Assert.Equal(2, pairs.Count);
        Assert.Equal("better", pairs[0].GetProperty("verdict").GetString());
        Assert.Equal(0.5, pairs[0].GetProperty("ratio").GetDouble(), 3);
        Assert.Equal(64, pairs[0].GetProperty("length").GetInt32());
        Assert.NotEqual("better", pairs[1].GetProperty("verdict").GetString());
        // Holm: the smaller of two p values counts twice.
        Assert.Equal(2 * pairs[0].GetProperty("pValue").GetDouble(), pairs[0].GetProperty("adjustedP").GetDouble(), 12);
        var only = Assert.Single(view.GetProperty("unpaired").EnumerateArray());
        Assert.Equal("onlyB", only.GetProperty("kind").GetString());
    }

    [Fact]
    public async Task Numbers_of_different_environments_are_not_compared_unless_both_sides_name_theirs()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await AgentAsync(site);
        var other = new RunEnvironment(Samples.Environment()) { ["torch.version"] = "9.9.9" };
        await RunAsync(agent, "softmax/naive", 64, Slow);
        await RunAsync(agent, "local/banded", 64, Slow, other);

        var plain = JsonDocument.Parse(await agent.GetStringAsync("api/v1/" + Address)).RootElement;
        var named = JsonDocument.Parse(await agent.GetStringAsync(
            $"api/v1/comparisons?a=softmax/naive,environment:{Samples.Environment().ComparabilityKey()}&b=local/banded,environment:{other.ComparabilityKey()}")).RootElement;

        Assert.Equal(0, plain.GetProperty("pairs").GetArrayLength());
        Assert.Contains("torch.version", plain.GetProperty("unpaired")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, named.GetProperty("pairs").GetArrayLength());
        var fact = named.GetProperty("differences")[0];
        Assert.Equal(("torch.version", true), (fact.GetProperty("name").GetString(), fact.GetProperty("isKey").GetBoolean()));
    }

    [Fact]
    public async Task A_cell_that_failed_on_one_side_says_why_it_is_not_compared()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await AgentAsync(site);
        await RunAsync(agent, "softmax/naive", 64, Slow);
        await FailAsync(agent, "local/banded", 64, FailureClass.OutOfMemory);

        var page = WebUtility.HtmlDecode(await agent.GetStringAsync(Address.Replace("comparisons", "compare", StringComparison.Ordinal)));

        Assert.Contains("B has no number: OOM", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_few_repetitions_are_called_so_and_not_the_same()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await AgentAsync(site);
        await RunAsync(agent, "softmax/naive", 64, 10, 11, 12);
        await RunAsync(agent, "local/banded", 64, 5, 6, 7);

        var page = WebUtility.HtmlDecode(await agent.GetStringAsync(Address.Replace("comparisons", "compare", StringComparison.Ordinal) + "&show=all"));

        Assert.Contains("too few repetitions to decide", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_side_that_cannot_be_read_is_a_mistake_of_the_caller()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var client = site.Anonymous();

        using var answer = await client.GetAsync("api/v1/comparisons?a=host:alpha&b=gla");
        var page = WebUtility.HtmlDecode(await client.GetStringAsync("compare?a=host:alpha&b=gla"));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("no kind of condition", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("A: 'host' is no kind of condition", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_file_has_the_numbers_of_the_view_and_the_cells_without()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await AgentAsync(site);
        await RunAsync(agent, "softmax/naive", 64, Slow);
        await RunAsync(agent, "local/banded", 64, [.. Slow.Select(value => value / 2)]);
        await RunAsync(agent, "local/banded", 128, Slow);

        var lines = (await agent.GetStringAsync($"api/v1/{Address}&format=csv")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(3, lines.Length);
        Assert.Contains(",faster,", lines[1], StringComparison.Ordinal);
        Assert.Contains("only B has a run of this cell", lines[2], StringComparison.Ordinal);
    }

    private static async Task<HttpClient> AgentAsync(TestSite site)
    {
        var agent = await site.AgentAsync(register: false);
        using var registered = await agent.PutAsJsonAsync("api/v1/agents/me", Samples.Registration("b1", "softmax/naive", "local/banded"), WireJson.Strict);
        registered.EnsureSuccessStatusCode();
        return agent;
    }

    private static Task RunAsync(HttpClient agent, string implementation, int length, params double[] milliseconds) =>
        RunAsync(agent, implementation, length, milliseconds, null);

    private static async Task RunAsync(HttpClient agent, string implementation, int length, double[] milliseconds, RunEnvironment? environment)
    {
        var assignment = await AssignAsync(agent, implementation, length);
        var result = Samples.Success(assignment, milliseconds);
        using var stored = await TestSite.SubmitAsync(agent, assignment, environment is null ? result : result with { Environment = environment });
        stored.EnsureSuccessStatusCode();
    }

    private static async Task FailAsync(HttpClient agent, string implementation, int length, FailureClass failure)
    {
        var assignment = await AssignAsync(agent, implementation, length);
        using var stored = await TestSite.SubmitAsync(agent, assignment, Samples.Failed(assignment, failure));
        stored.EnsureSuccessStatusCode();
    }

    private static async Task<Assignment> AssignAsync(HttpClient agent, string implementation, int length)
    {
        var plan = Samples.PlanOf("compare", Samples.Cell(length, implementation));
        using var pushed = await agent.PutAsJsonAsync("api/v1/suites/compare", plan, WireJson.Strict);
        pushed.EnsureSuccessStatusCode();
        await TestSite.PostAsync<EnqueueAnswer>(agent, "api/v1/jobs", new EnqueueRequest("compare", SkipFinished: false));
        return (await TestSite.ClaimAsync(agent))!;
    }
}
