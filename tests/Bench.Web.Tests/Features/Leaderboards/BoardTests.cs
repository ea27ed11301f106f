using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Bench.Data;
using Bench.Data.Tests;
using Bench.Domain.Matrix;
using Bench.Domain.Protocol;
using Bench.Domain.Results;
using Bench.Web.Schedules;
using Microsoft.Extensions.DependencyInjection;

namespace Bench.Web.Tests.Features.Leaderboards;

/// <summary>Boards of suites of tasks, divisions, history and signs.</summary>
public sealed class BoardTests
{
    private static readonly string[] Arena = ["lra/listops", "lra/text", "lra/retrieval", "lra/image", "lra/pathfinder"];

    [Fact]
    public async Task An_entrant_without_every_task_of_the_suite_is_shown_and_not_ranked()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await AgentAsync(site, Arena);
        foreach (var task in Arena)
        {
            await RunAsync(agent, ArenaCell(task, "softmax/naive"), MetricSamples.Of(Metric.Accuracy, 0.6));
        }

        await RunAsync(agent, ArenaCell(Arena[0], "local/banded"), MetricSamples.Of(Metric.Accuracy, 0.9));

        var board = await BoardAsync(agent, "lra");

        var row = Assert.Single(board.GetProperty("rows").EnumerateArray());
        Assert.Equal(0.6, row.GetProperty("rank").GetProperty("score").GetDouble(), 9);
        Assert.Equal(("local/banded", 1), (board.GetProperty("partial")[0].GetProperty("id").GetString(), board.GetProperty("partial")[0].GetProperty("count").GetInt32()));
        Assert.All(board.GetProperty("cells").EnumerateArray(), cell => Assert.Equal(0.2, cell.GetProperty("weight").GetDouble(), 9));
    }

    [Fact]
    public async Task Small_models_have_an_arena_of_their_own_and_every_task_one_setting_there()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await AgentAsync(site, Arena);
        foreach (var task in Arena)
        {
            await RunAsync(agent, ArenaCell(task, "softmax/naive", "small", "standin"), MetricSamples.Of(Metric.Accuracy, 0.6));
            await RunAsync(agent, ArenaCell(task, "local/banded", "small", "standin"), MetricSamples.Of(Metric.Accuracy, 0.5));
            // Easier: alone in its setting, so out of the comparison.
            await RunAsync(agent, ArenaCell(task, "softmax/naive", "small", "synthetic"), MetricSamples.Of(Metric.Accuracy, 0.99));
        }

        var (small, official) = (await BoardAsync(agent, "lra-small"), await BoardAsync(agent, "lra"));

        Assert.Equal([0.6, 0.5], small.GetProperty("rows").EnumerateArray().Select(row => Math.Round(row.GetProperty("rank").GetProperty("score").GetDouble(), 9)));
        Assert.Empty(official.GetProperty("rows").EnumerateArray());
    }

    [Fact]
    public async Task The_compositional_index_of_measured_results_equals_the_normalised_mean()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await AgentAsync(site, "cab/text-to-speech", "cab/summarisation", "cab/language-modelling");
        // One deviation better than the mean in every column of the causal self board.
        await RunAsync(agent, Paper("cab/text-to-speech", ("backbone", "transformer-tts")), Value("mcd", 4.08325 - 0.04529), Value("msd", 2.20085 - 0.01372));
        await RunAsync(agent, Paper("cab/summarisation"), Value("rouge1", 32.9575 + 1.92754), Value("rouge2", 6.0925 + 0.41007), Value("rougeL", 30.2575 + 1.61951));
        await RunAsync(agent, Paper("cab/language-modelling"), Value("perplexity", 22.26 - 8.29944));

        var board = await BoardAsync(agent, "cab-causal-self");
        var page = WebUtility.HtmlDecode(await agent.GetStringAsync("leaderboards/cab-causal-self"));

        Assert.Equal(1, Assert.Single(board.GetProperty("rows").EnumerateArray()).GetProperty("rank").GetProperty("score").GetDouble(), 9);
        Assert.Contains("Published, not measured here", page, StringComparison.Ordinal);
        Assert.Contains("LongShort", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Small_scale_figures_have_an_index_of_their_own_and_never_enter_CABs()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await AgentAsync(site, "cab/super-resolution", "cab/time-series");
        foreach (var (implementation, psnr, mse) in new[] { ("softmax/naive", 20.0, 0.1), ("local/banded", 18.0, 0.2), ("softmax/sdpa", 16.0, 0.3) })
        {
            await RunAsync(agent, Cell("cab/super-resolution", implementation), Value("psnr", psnr) with { Better = Better.Higher });
            await RunAsync(agent, Cell("cab/time-series", implementation), Value("mse", mse));
        }

        await RunAsync(agent, Cell("cab/super-resolution", "softmax/sdpa") with { Parameters = new(StringComparer.Ordinal) { ["attention"] = "none" } }, Value("psnr", 17) with { Better = Better.Higher });

        var page = WebUtility.HtmlDecode(await agent.GetStringAsync("leaderboards/cab-noncausal-self"));
        var correlations = WebUtility.HtmlDecode(await agent.GetStringAsync("correlations"));

        Assert.Empty((await BoardAsync(agent, "cab-noncausal-self")).GetProperty("rows").EnumerateArray());
        Assert.Contains("Nobody is ranked yet", page, StringComparison.Ordinal);
        Assert.Contains("cab-small/1-", page, StringComparison.Ordinal);
        Assert.Contains("data=standin: psnr", page, StringComparison.Ordinal);
        Assert.Contains("Published, not measured here", page, StringComparison.Ordinal);
        // 20, 18, 16: the first is one deviation above, and its error one below.
        Assert.Matches("softmax/naive</a></th><td class=\"num\"><strong>1(\\.0+)?</strong>", page);
        // Same order in both tasks: r = 1 over three.
        Assert.Matches("noncausal-self LSTF</th><td>noncausal-self SR</td><td class=\"num\">3</td><td class=\"num\">1(\\.0+)?<", correlations);
        // Without attention the picture is better by 1 of deviation 2.
        Assert.Matches("<td class=\"num\">16(\\.0+)?</td><td class=\"num\">17(\\.0+)?</td><td class=\"num\">[-−]0\\.50*</td>", correlations);
    }

    [Fact]
    public async Task Changed_options_are_ranked_in_the_open_division_only()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await AgentAsync(site, Arena);
        foreach (var task in Arena)
        {
            await RunAsync(agent, ArenaCell(task, "softmax/naive"), MetricSamples.Of(Metric.Accuracy, 0.6));
            await RunAsync(agent, ArenaCell(task, "local/banded") with { Options = new(StringComparer.Ordinal) { ["window"] = "64" } }, MetricSamples.Of(Metric.Accuracy, 0.9));
        }

        var (closed, open) = (await BoardAsync(agent, "lra"), await BoardAsync(agent, "lra?division=open"));

        Assert.Equal("softmax/naive", Assert.Single(closed.GetProperty("rows").EnumerateArray()).GetProperty("rank").GetProperty("entrant").GetString());
        Assert.Equal("local/banded window=64", Assert.Single(open.GetProperty("rows").EnumerateArray()).GetProperty("rank").GetProperty("entrant").GetString());
    }

    [Fact]
    public async Task The_schedule_notes_ranks_once_a_day_however_often_it_runs_and_a_sign_shows_them()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await AgentAsync(site, Arena);
        foreach (var task in Arena)
        {
            await RunAsync(agent, ArenaCell(task, "softmax/naive"), MetricSamples.Of(Metric.Accuracy, 0.6));
        }

        await using var scope = site.Services.CreateAsyncScope();
        var job = ActivatorUtilities.CreateInstance<BoardHistoryJob>(scope.ServiceProvider);
        await job.NoteAsync(CancellationToken.None);
        var line = await job.NoteAsync(CancellationToken.None);

        Assert.Equal("1 ranks of 1 boards.", line);
        Assert.Contains("1 of 1", await agent.GetStringAsync("badges/lra/softmax.svg"), StringComparison.Ordinal);
        Assert.Contains("not measured", await agent.GetStringAsync("badges/lra/mamba.svg"), StringComparison.Ordinal);
        using var none = await agent.GetAsync("badges/no-such-board/softmax.svg");
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Fact]
    public async Task A_drawing_is_a_file_that_stands_alone()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await site.AgentAsync();
        foreach (var length in new[] { 64, 128 })
        {
            await RunAsync(agent, Samples.Cell(length), MetricSamples.Of(Metric.TimeMs, 1, 1.1, 0.9));
        }

        var drawing = System.Xml.Linq.XDocument.Parse(await agent.GetStringAsync("charts/curves.svg"));
        using var frame = await agent.GetAsync("embed/curves");

        Assert.Equal("{http://www.w3.org/2000/svg}svg", drawing.Root!.Name.ToString());
        Assert.Contains("--series-0", drawing.Root.Descendants("{http://www.w3.org/2000/svg}style").First().Value, StringComparison.Ordinal);
        Assert.False(frame.Headers.Contains("X-Frame-Options"));
    }

    private static MetricSamples Value(string name, double value) => new() { Name = name, Unit = "1", Better = Better.Lower, Samples = [value] };

    private static Cell Cell(string task, string implementation, AttentionPattern pattern = AttentionPattern.NoncausalSelf) =>
        Samples.Cell(1024, implementation) with { Task = task, Pattern = pattern };

    private static Cell ArenaCell(string task, string implementation, string config = "original", string data = "official")
    {
        var cell = Cell(task, implementation);
        (cell.Parameters["config"], cell.Parameters["data"]) = (config, data);
        return cell;
    }

    private static Cell Paper(string task, params (string Name, string Value)[] more)
    {
        var cell = Cell(task, "softmax/naive", AttentionPattern.CausalSelf);
        foreach (var (name, value) in more.Concat([("scale", "paper"), ("data", "official")]))
        {
            cell.Parameters[name] = value;
        }

        return cell;
    }

    private static async Task<JsonElement> BoardAsync(HttpClient client, string board) => JsonDocument.Parse(await client.GetStringAsync($"api/v1/boards/{board}")).RootElement;

    private static async Task<HttpClient> AgentAsync(TestSite site, params string[] tasks)
    {
        var agent = await site.AgentAsync(register: false);
        var known = Samples.Registration("b1", "softmax/naive", "local/banded", "softmax/sdpa");
        var more = tasks.Select(task => known.Catalogue.Tasks[0] with { Id = task, Metrics = [Metric.Accuracy, .. new[] { "mcd", "msd", "rouge1", "rouge2", "rougeL", "perplexity", "mse", "psnr" }.Select(name => new Metric(name, "1", Better.Lower, name, ""))] });
        using var registered = await agent.PutAsJsonAsync("api/v1/agents/me", known with { Catalogue = known.Catalogue with { Tasks = [.. known.Catalogue.Tasks, .. more] } }, WireJson.Strict);
        registered.EnsureSuccessStatusCode();
        return agent;
    }

    private static async Task RunAsync(HttpClient agent, Cell cell, params MetricSamples[] metrics)
    {
        using var pushed = await agent.PutAsJsonAsync("api/v1/suites/boards", Samples.PlanOf("boards", cell), WireJson.Strict);
        pushed.EnsureSuccessStatusCode();
        await TestSite.PostAsync<EnqueueAnswer>(agent, "api/v1/jobs", new EnqueueRequest("boards"));
        var assignment = (await TestSite.ClaimAsync(agent))!;
        using var stored = await TestSite.SubmitAsync(agent, assignment, Samples.Success(assignment) with { Metrics = metrics });
        stored.EnsureSuccessStatusCode();
    }
}
