using Bench.Domain.Analysis;
using Bench.Domain.Randomness;
using CsCheck;

namespace Bench.Domain.Tests.Analysis;

public sealed class MannWhitneyTests
{
    [Theory]
    [InlineData(3, 0.1)]
    [InlineData(4, 0.02857)]
    [InlineData(5, 0.007937)]
    [InlineData(6, 0.002165)]
    [InlineData(7, 0.0005828)]
    public void Separated_samples_reach_the_smallest_possible_p(int count, double expected)
    {
        double[] low = [.. Enumerable.Range(0, count).Select(i => (double)i)], high = [.. low.Select(value => value + 100)];

        Assert.Equal(expected, MannWhitney.Test(low, high).PValue, 5e-7 + (expected * 1e-4));
        Assert.Equal(expected, MannWhitney.SmallestPValue(count, count), 5e-7 + (expected * 1e-4));
        Assert.Equal(-1, MannWhitney.Test(low, high).Effect);
    }

    [Fact]
    public void Exact_p_equals_counting_every_split()
    {
        double[] values = [1, 2, 2, 3, 5, 8, 8], x = [2, 8, 8];
        double[] y = [1, 2, 3, 5];

        var test = MannWhitney.Test(x, y);

        Assert.True(test.IsExact);
        Assert.Equal(Enumerated(values, 3, x), test.PValue, 1e-12);
    }

    [Fact]
    public void Order_of_the_sides_changes_the_sign_only() =>
        Gen.Select(Gen.Int[0, 9].Select(i => (double)i).Array[1, 12], Gen.Int[0, 9].Select(i => (double)i).Array[1, 12]).Sample((x, y) =>
        {
            var (one, other) = (MannWhitney.Test(x, y), MannWhitney.Test(y, x));

            Assert.Equal(one.PValue, other.PValue, 1e-12);
            Assert.Equal(one.Effect, -other.Effect, 1e-12);
            Assert.InRange(one.PValue, 0, 1);
        });

    [Fact]
    public void Normal_approximation_joins_the_exact_test_smoothly()
    {
        var random = new CounterRandom(16);
        double[] x = [.. Enumerable.Range(0, 20).Select(_ => random.NextNormal())], y = [.. Enumerable.Range(0, 20).Select(_ => random.NextNormal() + 0.6)];
        var exact = MannWhitney.Test(x, y);
        // One more value in the middle of both sides hardly changes the evidence but passes the exact limit.
        var approximate = MannWhitney.Test([.. x, 0.3], y);

        Assert.True(exact.IsExact);
        Assert.False(approximate.IsExact);
        Assert.Equal(exact.PValue, approximate.PValue, 0.02);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(30)]
    public void Equal_distributions_are_called_different_in_at_most_5_of_100_cases(int count)
    {
        var random = new CounterRandom(17);
        double[] Draw() => [.. Enumerable.Range(0, count).Select(_ => random.NextNormal())];
        var found = Enumerable.Range(0, 3_000).Count(_ => MannWhitney.Test(Draw(), Draw()).PValue <= 0.05);

        Assert.InRange(found / 3_000.0, 0.03, 0.062);
    }

    [Fact]
    public void Constant_samples_are_not_different()
    {
        Assert.Equal(1, MannWhitney.Test([1, 1, 1], [1, 1]).PValue);
        Assert.Equal(1, MannWhitney.Test([.. new double[30]], [.. new double[30]]).PValue);
    }

    private static double Enumerated(double[] values, int count, double[] x)
    {
        double[] Ranks() => [.. values.Select(v => values.Count(o => o < v) + ((values.Count(o => o == v) + 1) / 2.0))];
        var ranks = Ranks();
        var expected = count * (values.Length + 1) / 2.0;
        var observed = x.Sum(value => ranks[Array.IndexOf(values, value)]);
        var sums = Enumerable.Range(0, 1 << values.Length).Where(mask => System.Numerics.BitOperations.PopCount((uint)mask) == count)
            .Select(mask => ranks.Where((_, i) => (mask >> i & 1) == 1).Sum()).ToList();
        return sums.Count(sum => Math.Abs(sum - expected) >= Math.Abs(observed - expected)) / (double)sums.Count;
    }
}
