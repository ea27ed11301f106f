using Microsoft.Playwright;

namespace Bench.Browser.Tests;

public sealed class LookTests(Site site)
{
    public static TheoryData<string, string, int, string> Everything { get; } = new(
        from page in Pages.Chosen
        from width in Pages.Widths
        from theme in new[] { "light", "dark" }
        select (page.Name, page.Path, width, theme));

    public static TheoryData<string, string> EveryPage { get; } = new(Pages.Chosen);

    [Theory, MemberData(nameof(Everything))]
    public async Task Every_page_fits_its_window_is_accessible_and_complains_about_nothing(string name, string path, int width, string theme)
    {
        var page = await site.OpenAsync(width, theme);
        var complaints = Listen(page);

        var answer = await page.GotoAsync(site.Resolve(path), new PageGotoOptions { WaitUntil = WaitUntilState.Load });
        await page.EvaluateAsync("document.fonts.ready");
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Site.Pictures, $"{name}-{width}-{theme}.png"), FullPage = true });
        var violations = await Axe.ViolationsAsync(page);

        Assert.Equal(200, answer!.Status);
        Assert.Equal("", string.Join('\n', complaints));
        Assert.Empty(violations);
        Assert.True(await page.EvaluateAsync<int>("document.documentElement.scrollWidth") <= width, "the page is wider than the window");
        await page.Context.CloseAsync();
    }

    [Theory, MemberData(nameof(EveryPage))]
    public async Task Every_page_of_an_empty_site_says_what_to_do(string name, string path)
    {
        var page = await site.OpenAsync(empty: true);
        var complaints = Listen(page);

        await page.GotoAsync(site.Resolve(path), new PageGotoOptions { WaitUntil = WaitUntilState.Load });
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Site.Pictures, $"empty-{name}.png"), FullPage = true });

        Assert.Equal(1, await page.Locator("h1").CountAsync());
        Assert.True((await page.Locator("main").InnerTextAsync()).Length > 60);
        Assert.Empty(await Axe.ViolationsAsync(page));
        Assert.DoesNotContain(complaints, complaint => !complaint.Contains("404", StringComparison.Ordinal));
        await page.Context.CloseAsync();
    }

    private static List<string> Listen(IPage page)
    {
        var complaints = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                complaints.Add(message.Text);
            }
        };
        page.PageError += (_, error) => complaints.Add(error);
        page.RequestFailed += (_, request) => complaints.Add($"{request.Url} failed: {request.Failure}");
        return complaints;
    }
}
