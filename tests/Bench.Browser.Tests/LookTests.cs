using Microsoft.Playwright;

namespace Bench.Browser.Tests;

public sealed class LookTests(Site site)
{
    public static TheoryData<string, string, int, string> Everything { get; } = new(
        from page in Pages.All
        from width in Pages.Widths
        from theme in new[] { "light", "dark" }
        select (page.Name, page.Path, width, theme));

    [Theory, MemberData(nameof(Everything))]
    public async Task No_page_scrolls_sideways_or_complains(string name, string path, int width, string theme)
    {
        await using var context = await site.Browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = site.Full.ToString(),
            ViewportSize = new ViewportSize { Width = width, Height = 900 },
            ColorScheme = theme == "dark" ? ColorScheme.Dark : ColorScheme.Light,
        });
        var page = await context.NewPageAsync();
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

        var answer = await page.GotoAsync(path, new PageGotoOptions { WaitUntil = WaitUntilState.Load });
        await page.EvaluateAsync("document.fonts.ready");
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Site.Pictures, $"{name}-{width}-{theme}.png"), FullPage = true });

        Assert.Equal(200, answer!.Status);
        Assert.Empty(complaints);
        Assert.True(await page.EvaluateAsync<int>("document.documentElement.scrollWidth") <= width, "the page is wider than the window");
    }
}
