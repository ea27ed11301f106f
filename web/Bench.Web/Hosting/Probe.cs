namespace Bench.Web.Hosting;

/// <summary><c>Bench.Web --probe URL</c>: asks a running server whether it is ready, for containers that have no other HTTP client.</summary>
internal static class Probe
{
    /// <summary>Whether the arguments ask for a probe.</summary>
    public static bool IsAsked(string[] args) => args is ["--probe", _];

    /// <summary>Asks once.</summary>
    /// <returns>0 when the address answers with success within four seconds, otherwise 1.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(4) };
        try
        {
            using var answer = await client.GetAsync(new Uri(args[1], UriKind.Absolute));
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or UriFormatException)
        {
            await Console.Error.WriteLineAsync($"{args[1]} does not answer: {failure.Message}");
            return 1;
        }
    }
}
