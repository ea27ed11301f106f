using Bench.Web.Features.Runs;

namespace Bench.Web.Tests.Features.Runs;

public sealed class RunFactsTests
{
    [Fact]
    public void Facts_follow_the_catalogue_lengths_grow_and_unknown_ones_come_last()
    {
        string[] stored = ["anything", "forwardMs.16384", "forwardMs.4096", "peakFlopsPerSecond", "usefulFlops"];

        var names = RunCharts.InOrder(stored.Select(name => KeyValuePair.Create(name, 1.0))).Select(pair => pair.Key);

        Assert.Equal(["usefulFlops", "peakFlopsPerSecond", "forwardMs.4096", "forwardMs.16384", "anything"], names);
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData("16384", ", 16\u202F384 tokens")]
    [InlineData("power-cap", ", power-cap")]
    public void A_fact_says_what_it_is_of(string? of, string expected) => Assert.Equal(expected, RunCharts.Of(of));

    [Fact]
    public void Phases_follow_each_other_as_they_did()
    {
        string[] stored = ["measure", "other", "check", "setup", "warm-up"];

        var phases = RunCharts.Phases(stored.Select(name => KeyValuePair.Create(name, 1.0))).Select(phase => phase.Name);

        Assert.Equal(["Setup", "Check", "Warm-up", "Measure", "Other"], phases);
    }
}
