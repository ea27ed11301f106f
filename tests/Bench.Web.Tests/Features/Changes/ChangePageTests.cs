using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Bench.Data;
using Bench.Data.Agents;
using Bench.Data.Rows;
using Bench.Data.Tests;
using Bench.Domain.Protocol;
using Bench.Web.Schedules;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Bench.Web.Tests.Features.Changes;

/// <summary>Changes as a maintainer and everybody else meets them.</summary>
public sealed partial class ChangePageTests
{
    private const string Password = "correct horse battery";

    [Fact]
    public async Task A_search_of_the_schedule_shows_on_the_page_in_the_api_and_in_the_feed()
    {
        await using var site = await StartAsync();
        await FillAsync(site);
        using var client = site.Anonymous();

        var view = JsonDocument.Parse(await client.GetStringAsync("api/v1/changes?state=open")).RootElement;
        var page = WebUtility.HtmlDecode(await client.GetStringAsync("changes"));
        var feed = XDocument.Parse(await client.GetStringAsync("changes.atom"));

        var change = Assert.Single(view.GetProperty("items").EnumerateArray());
        Assert.Equal("detected", change.GetProperty("state").GetString());
        Assert.Equal("1 history judged, 1 new change, 0 withdrawn.", view.GetProperty("searchSummary").GetString());
        Assert.Contains("1 change for the worse, 0 for the better.", page, StringComparison.Ordinal);
        var entry = Assert.Single(feed.Descendants("{http://www.w3.org/2005/Atom}entry"));
        Assert.EndsWith("/changes/" + change.GetProperty("id").GetString(), entry.Element("{http://www.w3.org/2005/Atom}id")!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_maintainers_form_accepts_a_change_and_others_see_no_form()
    {
        await using var site = await StartAsync();
        var id = await FillAsync(site);
        using var browser = site.CreateClient();
        Assert.DoesNotContain("<select", await browser.GetStringAsync($"changes/{id}"), StringComparison.Ordinal);
        await PostAsync(browser, "account", "sign-in", ("Input.Name", "admin"), ("Input.Password", Password));

        var page = await PostAsync(browser, $"changes/{id}", "state", ("Input.State", "Accepted"), ("Input.Comment", "the new kernel is meant"));

        Assert.Contains("the new kernel is meant", page, StringComparison.Ordinal);
        await using var db = site.Database.Open();
        var change = await db.Changes.SingleAsync();
        Assert.Equal((ChangeState.Accepted, "user:admin"), (change.State, change.StateBy));
        Assert.Contains("change.state-set", await browser.GetStringAsync("admin"), StringComparison.Ordinal);
        using var anonymous = site.Anonymous();
        Assert.DoesNotContain("change.state-set", await anonymous.GetStringAsync("admin"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_api_sets_a_state_for_keys_that_may_and_names_an_unknown_change()
    {
        await using var site = await StartAsync();
        var id = await FillAsync(site);
        using var maintainer = await site.UserAsync(Scopes.Administer);

        using var set = await maintainer.PutAsJsonAsync($"api/v1/changes/{id}/state", new { state = "ignored", comment = "noise" }, WireJson.Strict);
        using var unknown = await maintainer.PutAsJsonAsync("api/v1/changes/chg_none/state", new { state = "ignored" }, WireJson.Strict);
        using var wrong = await maintainer.PutAsJsonAsync($"api/v1/changes/{id}/state", new { state = "forgotten" }, WireJson.Strict);

        Assert.Equal("ignored", JsonDocument.Parse(await set.Content.ReadAsStringAsync()).RootElement.GetProperty("state").GetString());
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.BadRequest), (unknown.StatusCode, wrong.StatusCode));
    }

    private static Task<TestSite> StartAsync() => TestSite.StartAsync(DatabaseKind.Sqlite, ("Accounts:AdminPassword", Password));

    /// <summary>A cell that becomes slower after nine runs, and one search.</summary>
    private static async Task<string> FillAsync(TestSite site)
    {
        using var agent = await site.AgentAsync();
        using var pushed = await agent.PutAsJsonAsync("api/v1/suites/nightly", Samples.Plan("nightly", 64), WireJson.Strict);
        for (var night = 0; night < 14; night++)
        {
            await TestSite.PostAsync<EnqueueAnswer>(agent, "api/v1/jobs", new EnqueueRequest("nightly", SkipFinished: false));
            var assignment = (await TestSite.ClaimAsync(agent))!;
            var value = (night < 9 ? 10 : 12) * (1 + (((night * 7) % 5) - 2) * 0.001);
            using var stored = await TestSite.SubmitAsync(agent, assignment, Samples.Success(assignment, value, value, value) with { ResultId = BenchId.New("res", TimeProvider.System) });
            stored.EnsureSuccessStatusCode();
        }

        await using var scope = site.Services.CreateAsyncScope();
        await ActivatorUtilities.CreateInstance<ChangeSearchJob>(scope.ServiceProvider).RunAsync(TimeProvider.System.GetUtcNow(), CancellationToken.None);
        await using var db = site.Database.Open();
        return await db.Changes.Select(change => change.Id).SingleAsync();
    }

    private static async Task<string> PostAsync(HttpClient browser, string path, string form, params (string Name, string Value)[] values)
    {
        var page = await browser.GetStringAsync(path);
        var token = Token().Match(page).Groups[1].Value;
        using var answer = await browser.PostAsync(path, new FormUrlEncodedContent(
            [new("_handler", form), new("__RequestVerificationToken", token), .. values.Select(value => KeyValuePair.Create(value.Name, value.Value))]));
        return WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync());
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
