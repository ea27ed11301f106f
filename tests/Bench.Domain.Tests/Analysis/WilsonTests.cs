using Bench.Domain.Analysis;
using Bench.Domain.Randomness;
using CsCheck;

namespace Bench.Domain.Tests.Analysis;

public sealed class WilsonTests
{
    [Theory]
    [InlineData(90, 100, 0.8256, 0.9448)]
    [InlineData(100, 100, 0.9630, 1)]
    [InlineData(2970, 3000, 0.9858, 0.9930)]
    public void Interval_matches_the_documented_values(int successes, int trials, double lower, double upper)
    {
        var share = Wilson.Of(successes, trials);

        Assert.Equal(lower, share.Lower, 5e-5);
        Assert.Equal(upper, share.Upper, 5e-5);
    }

    [Fact]
    public void Interval_of_failures_mirrors_that_of_successes() =>
        Gen.Int[1, 500].SelectMany(n => Gen.Int[0, n].Select(k => (k, n))).Sample((k, n) =>
        {
            var (yes, no) = (Wilson.Of(k, n), Wilson.Of(n - k, n));

            Assert.Equal(yes.Lower, 1 - no.Upper, 1e-12);
            Assert.InRange(yes.Value, yes.Lower, yes.Upper);
            Assert.True(yes.Lower >= 0 && yes.Upper <= 1);
        });

    [Fact]
    public void More_trials_of_the_same_share_narrow_the_interval() =>
        Gen.Int[1, 50].SelectMany(n => Gen.Int[0, n].Select(k => (k, n))).Sample((k, n) =>
            Assert.True(Wilson.Of(2 * k, 2 * n).Interval.Width < Wilson.Of(k, n).Interval.Width));

    [Fact]
    public void Interval_covers_the_true_share_in_about_95_of_100_cases()
    {
        var random = new CounterRandom(12);
        var covered = Enumerable.Range(0, 4_000).Count(_ =>
            Wilson.Of(Enumerable.Range(0, 100).Count(_ => random.NextDouble() < 0.8), 100).Interval.Contains(0.8));

        Assert.Equal(0.95, covered / 4_000.0, 0.02);
    }

    [Fact]
    public void More_successes_than_trials_are_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => Wilson.Of(3, 2));
}
