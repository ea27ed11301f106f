using System.Text.Json;
using Microsoft.Playwright;

namespace Bench.Browser.Tests;

/// <summary>The accessibility rules engine axe-core, from a file beside the tests.</summary>
internal static class Axe
{
    private static readonly string Engine = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "axe.min.js"));

    /// <summary>Every violation of WCAG 2.2 A and AA and of good practice, with the elements that have it.</summary>
    public static async Task<IReadOnlyList<string>> ViolationsAsync(IPage page)
    {
        await page.EvaluateAsync(Engine);
        var json = await page.EvaluateAsync<string>(
            """
            async () => JSON.stringify((await axe.run(document, { resultTypes: ["violations"] })).violations
              .map(violation => violation.id + ": " + violation.help + " at " + violation.nodes.slice(0, 4).map(node => node.target.join(" ") + " (" + node.any.concat(node.all, node.none).map(check => check.message).join("; ") + ")").join(" | ")))
            """);
        return JsonSerializer.Deserialize<List<string>>(json)!;
    }
}
