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
        // Student's t counts twice and had two looks, which costs power where no pass is undisturbed: 90 of 100 at 12 %.
        Assert.InRange(Different((pair, i) => Wandering(pair, i, i < 5 ? 1 : 1.15)), 93, 100);
    }

    [Fact]
    public void Undisturbed_passes_decide_where_neighbours_move_the_medians()
    {
        Comparison Compare(int pair, double factor) => Comparison.Of(
            [.. Enumerable.Range(0, 5).Select(i => Disturbed(pair, i, 1))], [.. Enumerable.Range(5, 5).Select(i => Disturbed(pair, i, factor))], pair);
        bool IsDifferent(Comparison comparison) => comparison.Judge(comparison.PValue, 0.01, Better.Lower) is Verdict.Better or Verdict.Worse;
        var (equal, slower) = (Enumerable.Range(0, 100).Select(pair => Compare(pair, 1)).ToList(), Enumerable.Range(0, 100).Select(pair => Compare(pair, 1.05)).ToList());

        Assert.InRange(equal.Count(IsDifferent), 0, 2);
        Assert.InRange(slower.Count(IsDifferent), 95, 100);
        Assert.All(slower.Where(comparison => comparison.IsOfUndisturbed), comparison => Assert.InRange(comparison.Ratio.Value, 1.04, 1.06));
        Assert.True(slower.Count(comparison => comparison.IsOfUndisturbed) > 50, "the medians of these processes cannot find 5 %");
    }

    [Fact]
    public void What_a_side_does_now_and_then_is_found_by_its_median()
    {
        // Six passes of ten stall: the quickest tenth is the same.
        var comparison = Comparison.Of(
            [.. Enumerable.Range(0, 5).Select(i => Times(i, 40, 1))],
            [.. Enumerable.Range(5, 5).Select(i => Times(i, 40, 1).Select((time, k) => k % 10 < 6 ? time * 1.5 : time).ToArray())], 1);

        Assert.False(comparison.IsOfUndisturbed);
        Assert.Equal(Verdict.Worse, comparison.Judge(comparison.PValue, 0.01, Better.Lower));
    }

    [Fact]
    public void A_rate_is_disturbed_downwards()
    {
        double[][] Rates(int from, double factor) => [.. Enumerable.Range(from, 5).Select(i => Disturbed(3, i, factor).Select(time => 1 / time).ToArray())];
        var comparison = Comparison.Of(Rates(0, 1), Rates(5, 1.05), 1, Better.Higher);

        Assert.Equal(Verdict.Worse, comparison.Judge(comparison.PValue, 0.01, Better.Higher));
        Assert.InRange(comparison.Ratio.Value, 0.94, 0.96);
    }

    [Fact]
    public void Few_repetitions_have_no_quickest_tenth()
    {
        double[][] Short(int from) => [.. Enumerable.Range(from, 5).Select(i => Disturbed(7, i, 1)[..9])];

        Assert.False(Comparison.Of(Short(0), Short(5), 1).IsOfUndisturbed);
    }

    /// <summary>A process in which a neighbour slows some passes by 18 %: none of them, all but a fifth, or any share between.</summary>
    private static double[] Disturbed(int pair, int process, double factor)
    {
        var random = new CounterRandom(pair, stream: process);
        var share = 0.8 * random.NextDouble();
        return [.. Enumerable.Range(0, 60).Select(_ => factor * (1 + (0.004 * random.NextNormal())) * (random.NextDouble() < share ? 1.18 : 1))];
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
