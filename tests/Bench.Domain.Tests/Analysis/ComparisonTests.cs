using Bench.Domain.Analysis;
using Bench.Domain.Randomness;
using Bench.Domain.Results;

namespace Bench.Domain.Tests.Analysis;

public sealed class ComparisonTests
{
    [Theory]
    [InlineData(0.9, Better.Lower, Verdict.Better)]
    [InlineData(0.9, Better.Higher, Verdict.Worse)]
    [InlineData(1.2, Better.Lower, Verdict.Worse)]
    [InlineData(1.0, Better.Lower, Verdict.Same)]
    public void Verdict_follows_the_direction_of_the_metric(double factor, Better better, Verdict expected)
    {
        var comparison = Comparison.Of([Times(1, 40, 1)], [Times(2, 40, factor)], 1);

        Assert.Equal(expected, comparison.Judge(comparison.PValue, 0.02, better));
    }

    [Fact]
    public void Three_repetitions_a_side_are_too_few_to_decide()
    {
        var comparison = Comparison.Of([[1, 1.1, 1.2]], [[2, 2.1, 2.2]], 1);

        Assert.Equal(Verdict.TooFewRepetitions, comparison.Judge(comparison.PValue, 0.01, Better.Lower));
    }

    [Fact]
    public void A_wide_interval_around_one_is_undecided_and_not_the_same()
    {
        double[] a = [1, 5, 2, 9, 3, 7], b = [2, 6, 1, 8, 4, 5];
        var comparison = Comparison.Of([a], [b], 1);

        Assert.Equal(Verdict.Undecided, comparison.Judge(comparison.PValue, 0.02, Better.Lower));
    }

    [Fact]
    public void A_change_within_the_tolerance_is_never_an_improvement()
    {
        var comparison = Comparison.Of([Times(1, 200, 1)], [Times(2, 200, 0.985)], 1);

        Assert.NotEqual(Verdict.Better, comparison.Judge(comparison.PValue, 0.02, Better.Lower));
        Assert.Equal(Verdict.Better, comparison.Judge(comparison.PValue, 0.005, Better.Lower));
    }

    [Fact]
    public void Equal_sides_whose_processes_wander_are_rarely_called_different()
    {
        int Different(Func<int, int, double[]> process) => Enumerable.Range(0, 100).Count(pair =>
        {
            var comparison = Comparison.Of(
                [.. Enumerable.Range(0, 5).Select(i => process(pair, i))], [.. Enumerable.Range(5, 5).Select(i => process(pair, i))], pair);
            return comparison.Judge(comparison.PValue, 0.01, Better.Lower) is Verdict.Better or Verdict.Worse;
        });

        // Repetitions within 0.3 % of each other, processes within 3 %: what a shared machine shows.
        Assert.InRange(Different((pair, i) => Wandering(pair, i, 1)), 0, 3);
        Assert.InRange(Different((pair, i) => Wandering(pair, i, i < 5 ? 1 : 1.12)), 93, 100);
    }

    private static double[] Wandering(int pair, int process, double factor)
    {
        var random = new CounterRandom(pair, stream: process);
        var spell = factor * Math.Exp(0.03 * random.NextNormal());
        return [.. Enumerable.Range(0, 12).Select(_ => spell * (1 + (0.003 * random.NextNormal())))];
    }

    private static double[] Times(int seed, int count, double factor)
    {
        var random = new CounterRandom(seed);
        return [.. Enumerable.Range(0, count).Select(_ => factor * (1 + (0.01 * random.NextNormal())))];
    }
}
