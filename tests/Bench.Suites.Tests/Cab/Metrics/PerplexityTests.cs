using Bench.Suites.Cab.Metrics;

namespace Bench.Suites.Tests.Cab.Metrics;

public sealed class PerplexityTests
{
    [Fact]
    public void It_is_the_number_of_equally_likely_tokens()
    {
        var perplexity = new Perplexity();
        perplexity.Add(3 * Math.Log(8), 3);
        Assert.Equal(8, perplexity.Value, 9);
        perplexity.Add(3 * Math.Log(2), 3);
        // The geometric mean of 8 and 2.
        Assert.Equal(4, perplexity.Value, 9);
        Assert.Equal(6, perplexity.Tokens);
    }

    [Fact]
    public void Unigrams_know_only_frequencies()
    {
        // Counts 2 and 0, each plus 1: probabilities 3/4 and 1/4.
        Assert.Equal(Math.Log(4 / 3.0) + Math.Log(4), new UnigramModel([0, 0], 2).Nats([0, 1]), 9);
        Assert.Equal(3 * Math.Log(2), new UnigramModel([0, 1], 2).Nats([0, 1, 1]), 9);
    }
}
