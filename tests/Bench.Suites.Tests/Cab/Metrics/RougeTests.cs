using Bench.Suites.Cab.Metrics;

namespace Bench.Suites.Tests.Cab.Metrics;

public sealed class RougeTests
{
    /// <summary>Values by hand from the sets of words, of word pairs, and the longest common subsequences.</summary>
    [Theory]
    [InlineData("the cat sat", "the cat ran", 2 / 3.0, 1 / 2.0, 2 / 3.0)]
    [InlineData("a b c", "a b c", 1, 1, 1)]
    // Repeated words and pairs count once: words {a, b} and {a, b}; pairs {aa, ab} and {ab}: precision 1/2, recall 1; subsequence "a b".
    [InlineData("a a a b", "a b", 1, 2 / 3.0, 1)]
    // One word has no pairs.
    [InlineData("a", "a b", 2 / 3.0, 0, 2 / 3.0)]
    // Order counts for pairs and subsequences: LCS of "c b a" and "a b c" has one word.
    [InlineData("c b a", "a b c", 1, 0, 1 / 3.0)]
    // No stemming, case and punctuation kept.
    [InlineData("Cats sat, down", "cat sat down", 1 / 3.0, 0, 1 / 3.0)]
    public void Scores_are_the_f_values_of_the_definition(string hypothesis, string reference, double one, double two, double longest)
    {
        var score = Rouge.Score(hypothesis, reference);

        Assert.Equal(one, score.One, 6);
        Assert.Equal(two, score.Two, 6);
        Assert.Equal(longest, score.Longest, 6);
    }

    [Fact]
    public void The_longest_subsequence_is_a_union_over_sentences()
    {
        // Lin's example: the union of "w1 w2" and "w1 w3 w5" has 4 words; the reference 5, the hypothesis 8 different ones.
        var score = Rouge.Score("w1 w2 w6 w7 w8. w1 w3 w8 w9 w5.", "w1 w2 w3 w4 w5.");

        Assert.Equal(2 * (4 / 5.0) * (4 / 8.0) / ((4 / 5.0) + (4 / 8.0)), score.Longest, 6);
    }

    [Theory]
    [InlineData("")]
    [InlineData("...")]
    public void A_hypothesis_without_words_scores_nothing(string hypothesis)
    {
        Assert.Equal(new RougeScore(0, 0, 0), Rouge.Score(hypothesis, "a b"));
        Assert.Equal(1, Rouge.Score(hypothesis, Rouge.Empty).One, 6);
    }

    [Fact]
    public void A_reference_without_words_is_refused() => Assert.Throws<ArgumentException>(() => Rouge.Score("a", ""));

    [Fact]
    public void The_mean_is_over_pairs()
    {
        var mean = Rouge.Mean([("a b", "a b"), ("c d", "a b")]);

        Assert.Equal(0.5, mean.One, 6);
        Assert.Equal(0.5, mean.Two, 6);
        Assert.Equal(0.5, mean.Longest, 6);
    }
}
