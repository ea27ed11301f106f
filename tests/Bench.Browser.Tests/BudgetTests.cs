namespace Bench.Browser.Tests;

/// <summary>What a page may cost: commands to the database, and bytes on the way.</summary>
public sealed class BudgetTests(Site site)
{
    private const int MostCommands = 8;

    public static TheoryData<string, string> EveryPage { get; } = new(Pages.All);

    [Theory, MemberData(nameof(EveryPage))]
    public async Task A_page_sends_at_most_eight_commands_once_its_statistics_are_known(string name, string path)
    {
        using var client = new HttpClient { BaseAddress = site.Full };
        var address = new Uri(site.Resolve(path), UriKind.Relative);
        await client.GetStringAsync(address);

        // A list that all pages keep for some seconds may run out between two requests, but not in two of them one after the other.
        var first = await Commands(client, address, $"{name}-1");
        var commands = first.Count <= MostCommands ? first : await Commands(client, address, $"{name}-2");

        Assert.True(commands.Count <= MostCommands, $"{name} sends {commands.Count} commands:\n{string.Join("\n--\n", commands)}");
    }

    [Theory, MemberData(nameof(EveryPage))]
    public async Task The_text_of_a_page_weighs_at_most_60_kB(string name, string path)
    {
        using var client = new HttpClient(new HttpClientHandler { AutomaticDecompression = System.Net.DecompressionMethods.None }) { BaseAddress = site.Full };
        client.DefaultRequestHeaders.AcceptEncoding.ParseAdd("br, gzip");

        var bytes = await client.GetByteArrayAsync(new Uri(site.Resolve(path), UriKind.Relative));

        // Fonts, style sheets and scripts, the same for all pages, take another 75 kB of the 150 kB that a page may have.
        Assert.True(bytes.Length <= 60_000, $"{name} weighs {bytes.Length} bytes");
    }

    private async Task<IReadOnlyList<string>> Commands(HttpClient client, Uri address, string countAs)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Add(CommandCount.Header, countAs);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
        return site.Commands.Of(countAs);
    }
}
