using Bench.Agent.Client;

namespace Bench.Agent.Tests.Client;

public sealed class ClockSkewTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    // Sent and received in seconds after noon by our clock, the server's date in seconds after noon, and what is certain.
    [InlineData(0.2, 0.3, 0, 0)]
    [InlineData(0.9, 1.1, 0, 0)]
    [InlineData(0, 30, 1, 0)]
    [InlineData(0, 30, 29, 0)]
    [InlineData(100, 100.1, 0, 99)]
    [InlineData(0, 0.1, 100, -99.9)]
    public void Only_what_a_slow_line_cannot_explain_counts_as_skew(double sent, double received, double date, double skew) =>
        Assert.Equal(skew, ClockSkew.Least(Noon.AddSeconds(sent), Noon.AddSeconds(received), Noon.AddSeconds(date)).TotalSeconds, 6);
}
