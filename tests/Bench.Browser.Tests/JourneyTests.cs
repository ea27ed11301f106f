using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Bench.Browser.Tests;

/// <summary>The questions that visitors come with, answered within three clicks.</summary>
public sealed partial class JourneyTests(Site site)
{
    [Fact]
    public async Task From_which_length_on_is_a_mechanism_faster_is_the_first_sentence_of_the_curves()
    {
        var page = await site.OpenAsync();

        await page.GotoAsync("/");
        await page.ClickAsync("header nav >> text=Curves");

        Assert.Matches(@"^linear-elu/chunked is faster than softmax/sdpa from \d+ tokens \(\d+–\d+\) on\.$", await page.InnerTextAsync(".lead"));
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Another_pattern_and_quantity_are_two_clicks_away_and_in_the_address()
    {
        var page = await site.OpenAsync();

        await page.GotoAsync("/curves");
        await page.ClickAsync("summary:has-text('pattern')");
        await page.ClickAsync(".filter a:has-text('noncausal cross')");
        await page.ClickAsync("text=Peak memory");

        Assert.Contains("pattern=noncausal-cross", page.Url, StringComparison.Ordinal);
        Assert.Contains("metric=memory", page.Url, StringComparison.Ordinal);
        Assert.Contains("peak memory, MiB", await page.TextContentAsync("svg.plot-large .axis-label >> nth=0") ?? "", StringComparison.Ordinal);
        await page.GoBackAsync();
        Assert.Contains("time per pass", await page.TextContentAsync("svg.plot-large .axis-label >> nth=0") ?? "", StringComparison.Ordinal);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_hidden_curve_is_hidden_for_whoever_opens_the_same_address()
    {
        var page = await site.OpenAsync();

        await page.GotoAsync("/curves");
        await page.ClickAsync("a[aria-label='Hide gla/chunked']");
        var other = await site.OpenAsync();
        await other.GotoAsync(page.Url);

        Assert.Equal(0, await other.Locator("svg.plot-large [data-series='gla/chunked']").CountAsync());
        Assert.Equal(await page.InnerHTMLAsync("main"), await other.InnerHTMLAsync("main"));
        await page.Context.CloseAsync();
        await other.Context.CloseAsync();
    }

    [Fact]
    public async Task What_changed_last_night_and_since_which_commit_is_one_click_away()
    {
        var page = await site.OpenAsync();

        await page.GotoAsync("/");
        await page.ClickAsync("header nav >> text=Changes");

        Assert.Equal("1 change for the worse, 0 for the better.", await page.InnerTextAsync(".lead"));
        var row = await page.InnerTextAsync("main tbody tr >> nth=1");
        Assert.Contains("slower", row, StringComparison.Ordinal);
        Assert.Matches(@"\+1[0-4]\.\d %", row);
        Assert.Contains("git.commit", row, StringComparison.Ordinal);
        await page.ClickAsync("main tbody tr >> nth=1 >> text=local/banded");
        Assert.Matches(@"\+1[0-4]\.\d %", await page.TextContentAsync("#history") ?? "");
        Assert.Contains("0123456789ab to fedcba987654", await page.InnerTextAsync("main"), StringComparison.Ordinal);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_page_left_open_looks_for_news_again_and_again_without_a_complaint()
    {
        var page = await site.OpenAsync();
        var complaints = new List<string>();
        page.RequestFailed += (_, request) => complaints.Add($"{request.Url} failed: {request.Failure}");
        await page.Clock.InstallAsync();
        var answers = new ConcurrentQueue<int>();
        page.Response += (_, answer) =>
        {
            if (answer.Url.Contains("/live", StringComparison.Ordinal))
            {
                answers.Enqueue(answer.Status);
            }
        };
        await page.RunAndWaitForResponseAsync(() => page.GotoAsync("/curves"), answer => answer.Url.Contains("/live", StringComparison.Ordinal));

        // The page sets its next look once it has read an answer; until then its clock may run without effect, so it runs until the look comes.
        var patience = Stopwatch.StartNew();
        while (answers.Count < 21 && patience.Elapsed < TimeSpan.FromMinutes(2))
        {
            await page.Clock.RunForAsync(3_000);
            await page.RequestGCAsync();
        }

        Assert.True(answers.Count >= 21, $"The page looked {answers.Count} times.");
        Assert.All(answers.Skip(1), status => Assert.Equal(304, status));
        Assert.Equal("", string.Join('\n', complaints));
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task How_sure_a_number_is_and_how_to_make_it_again_stand_on_its_run()
    {
        var page = await site.OpenAsync();

        await page.GotoAsync("/curves");
        await page.ClickAsync("#curves details.data summary");
        await page.ClickAsync("#curves tr[data-series='gla/chunked'] a >> nth=0");

        Assert.Matches(@"^Time [\d.]+ (µs|ms) \(.+ – .+\), median of 24 repetitions$", await page.InnerTextAsync(".lead"));
        Assert.Contains("./bench run full --only 'efficiency/forward|gla/chunked|causal-self", await page.InnerTextAsync("main"), StringComparison.Ordinal);
        Assert.Equal(24, await page.Locator("#samples-timems svg.plot-medium .mark").CountAsync());
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Why_a_curve_ends_is_told_on_the_curve_and_on_the_failed_run()
    {
        var page = await site.OpenAsync();

        await page.GotoAsync("/curves");
        Assert.Equal("OOM", await page.TextContentAsync("svg.plot-large .end text"));
        await page.ClickAsync("#curves details.data summary");
        await page.ClickAsync("#curves tr[data-end='OOM'] a");

        Assert.Contains("Out of memory at length 8192", await page.InnerTextAsync("main"), StringComparison.Ordinal);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task What_a_mechanism_costs_in_recall_stands_beside_its_curves()
    {
        var page = await site.OpenAsync();

        await page.GotoAsync("/curves");
        await page.ClickAsync("aside a.name:has-text('delta-rule/chunked') >> nth=0");

        Assert.Equal("Delta rule", await page.InnerTextAsync("h1"));
        Assert.Matches(Percent(), await page.InnerTextAsync("section:has(h2:has-text('Recall')) td.num >> nth=0"));
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Everything_can_be_read_without_script()
    {
        var page = await site.OpenAsync(script: false);

        foreach (var (_, path) in Pages.All)
        {
            await page.GotoAsync(site.Resolve(path));
            Assert.True((await page.InnerTextAsync("main")).Length > 100, $"{path} says too little without script");
        }

        await page.GotoAsync("/curves");
        Assert.True(await page.Locator("svg.plot-large").IsVisibleAsync());
        Assert.False(await page.Locator("[data-theme-switch]").IsVisibleAsync());
        await page.ClickAsync("#curves details.data summary");
        Assert.True(await page.Locator("#curves table[data-points]").IsVisibleAsync());
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_keyboard_reaches_the_content_a_pinned_table_of_numbers_and_a_download()
    {
        var page = await site.OpenAsync();
        await page.GotoAsync("/curves");

        await page.Keyboard.PressAsync("Tab");
        Assert.Equal("Skip to content", await page.EvaluateAsync<string>("document.activeElement.textContent"));
        await page.Keyboard.PressAsync("Enter");
        await TabUntilAsync(page, "document.activeElement.matches('#curves [data-plots]')");
        await page.Keyboard.PressAsync("End");
        Assert.Contains("N = 8192", await page.InnerTextAsync("#curves .tip"), StringComparison.Ordinal);
        Assert.Contains("softmax/naive", await page.InnerTextAsync("#curves .tip"), StringComparison.Ordinal);
        await page.Keyboard.PressAsync("ArrowLeft");
        await page.Keyboard.PressAsync("Enter");
        await TabUntilAsync(page, "document.activeElement.matches('a[download]')");
        Assert.Contains("N = 4096", await page.InnerTextAsync("#curves .tip.pinned"), StringComparison.Ordinal);
        Assert.Equal("CSV", await page.EvaluateAsync<string>("document.activeElement.textContent"));
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task The_chosen_theme_is_there_before_the_first_paint_and_stays()
    {
        var page = await site.OpenAsync(theme: "light");
        await page.GotoAsync("/recall");

        await page.ClickAsync("[data-theme-switch]");
        await page.ClickAsync("[data-theme-switch]");
        Assert.Equal("Theme: dark", await page.GetAttributeAsync("[data-theme-switch]", "aria-label"));
        await page.ReloadAsync(new PageReloadOptions { WaitUntil = WaitUntilState.Commit });
        // Nothing is painted before there is a body, and the parser comes to it only after the script in the head. Waiting for an expression would
        // evaluate text a second time in the page, which its content policy forbids.
        await page.Locator("body").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });

        Assert.Equal("dark", await page.EvaluateAsync<string>("document.documentElement.dataset.theme"));
        Assert.Equal("rgb(16, 21, 28)", await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Every_link_on_every_page_leads_somewhere()
    {
        var page = await site.OpenAsync();
        var links = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (_, path) in Pages.All)
        {
            await page.GotoAsync(site.Resolve(path));
            links.UnionWith(await page.EvaluateAsync<string[]>("Array.from(document.querySelectorAll('a[href]'), a => new URL(a.href)).filter(url => url.origin === location.origin).map(url => url.pathname + url.search)"));
        }

        using var client = new HttpClient { BaseAddress = site.Full };
        var broken = new List<string>();
        // One address of each form is enough: the pages of all runs are made by the same component.
        foreach (var link in links.GroupBy(link => RunId().Replace(link, "run_")).Select(group => group.First()))
        {
            using var answer = await client.GetAsync(new Uri(link, UriKind.Relative));
            if (!answer.IsSuccessStatusCode)
            {
                broken.Add($"{(int)answer.StatusCode} {link}");
            }
        }

        Assert.Empty(broken);
        await page.Context.CloseAsync();
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/curves")]
    [InlineData("/recall")]
    public async Task A_page_with_all_it_needs_weighs_at_most_150_kB(string path)
    {
        using var client = new HttpClient(new HttpClientHandler { AutomaticDecompression = System.Net.DecompressionMethods.None }) { BaseAddress = site.Full };
        client.DefaultRequestHeaders.AcceptEncoding.ParseAdd("br, gzip");
        async Task<int> Weight(string address) => (await client.GetByteArrayAsync(new Uri(address, UriKind.Relative))).Length;
        var page = await site.OpenAsync();
        var requests = new HashSet<string>(StringComparer.Ordinal) { path };
        page.Request += (_, request) => requests.Add(new Uri(request.Url).PathAndQuery);

        await page.GotoAsync(path, new PageGotoOptions { WaitUntil = WaitUntilState.Load });
        var weights = new List<(string Address, int Bytes)>();
        foreach (var request in requests.ToList().Where(request => !request.StartsWith("/live", StringComparison.Ordinal)))
        {
            weights.Add((request, await Weight(request)));
        }

        Assert.True(weights.Sum(weight => weight.Bytes) <= 150_000, string.Join(", ", weights));
        await page.Context.CloseAsync();
    }

    private static async Task TabUntilAsync(IPage page, string condition)
    {
        for (var presses = 0; presses < 150; presses++)
        {
            await page.Keyboard.PressAsync("Tab");
            if (await page.EvaluateAsync<bool>(condition))
            {
                return;
            }
        }

        Assert.Fail($"150 presses of Tab did not reach: {condition}");
    }

    [GeneratedRegex(@"^\d+\.\d$")]
    private static partial Regex Percent();

    [GeneratedRegex("run_[0-9A-Z]+")]
    private static partial Regex RunId();
}
