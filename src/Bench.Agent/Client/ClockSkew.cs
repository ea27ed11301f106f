namespace Bench.Agent.Client;

/// <summary>What one answer of the server says about our clock.</summary>
internal static class ClockSkew
{
    /// <summary>HTTP dates are cut to whole seconds.</summary>
    private static readonly TimeSpan Resolution = TimeSpan.FromSeconds(1);

    /// <summary>How far our clock is ahead of the server's at least, negative when it is behind; zero when a slow line explains the difference.</summary>
    /// <param name="sent">When we sent the request, by our clock.</param>
    /// <param name="received">When we had the answer, by our clock.</param>
    /// <param name="date">The answer's Date.</param>
    public static TimeSpan Least(DateTimeOffset sent, DateTimeOffset received, DateTimeOffset date)
    {
        // The server wrote its date, up to a second late, at some instant between the two.
        var ahead = sent - date - Resolution;
        var behind = received - date;
        return ahead > TimeSpan.Zero ? ahead : behind < TimeSpan.Zero ? behind : TimeSpan.Zero;
    }
}
