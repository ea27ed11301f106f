using Bench.Domain.Analysis;
using Bench.Domain.Randomness;
using CsCheck;
using MedianEstimate = Bench.Domain.Analysis.MedianEstimate;

namespace Bench.Domain.Tests.Analysis;

public sealed class MedianIntervalTests
{
    private static readonly Gen<double[]> Times = Gen.Double[0.1, 100].Array[1, 60];

    // Ranks of the 95 % interval in the tables of the sign test.
    [Theory]
    [InlineData(6, 1, 6, 0.96875)]
    [InlineData(10, 2, 9, 0.97852)]
    [InlineData(20, 6, 15, 0.95861)]
    [InlineData(100, 40, 61, 0.96480)]
    public void Order_statistic_ranks_match_the_sign_test(int count, int lower, int upper, double coverage)
    {
        var median = MedianInterval.OrderStatistic([.. Enumerable.Range(1, count).Select(rank => (double)rank)]);

        Assert.Equal(new Interval(lower, upper), median.Interval);
        Assert.Equal(coverage, median.Coverage, 1e-5);
    }

    [Fact]
    public void Three_repetitions_give_their_range_and_say_that_it_covers_less()
    {
        var median = MedianInterval.OrderStatistic([3, 1, 2]);

        Assert.Equal(new Interval(1, 3), median.Interval);
        Assert.Equal(0.75, median.Coverage, 1e-12);
        Assert.False(median.IsReliable);
    }

    [Fact]
    public void Intervals_contain_their_median_and_scale_with_the_times() =>
        Gen.Select(Times, Gen.Double[0.01, 100]).Sample((times, scale) =>
        {
            foreach (var make in new Func<double[], MedianEstimate>[]
                     { values => MedianInterval.OrderStatistic(values), values => MedianInterval.Bootstrap([values], 5, resamples: 200) })
            {
                var (before, after) = (make(times), make([.. times.Select(time => time * scale)]));

                Assert.True(before.Interval.Contains(before.Value));
                Assert.Equal(before.Interval.Lower * scale, after.Interval.Lower, 1e-6);
                Assert.Equal(before.Interval.Upper * scale, after.Interval.Upper, 1e-6);
            }
        }, iter: 100);

    [Fact]
    public void Raising_a_repetition_never_lowers_the_interval() =>
        Gen.Select(Times, Gen.Double[0, 50], Gen.Int[0, 59]).Sample((times, rise, index) =>
        {
            var before = MedianInterval.OrderStatistic(times);
            times[index % times.Length] += rise;
            var after = MedianInterval.OrderStatistic(times);

            Assert.True(after.Interval.Lower >= before.Interval.Lower && after.Interval.Upper >= before.Interval.Upper && after.Value >= before.Value);
        });

    [Fact]
    public void Bootstrap_is_the_same_on_every_reload()
    {
        double[] times = [1, 2, 3, 4, 5, 9];

        Assert.Equal(MedianInterval.Bootstrap([times], 7), MedianInterval.Bootstrap([times], 7));
    }

    [Fact]
    public void Differences_between_processes_widen_the_bootstrap()
    {
        double[] fast = [.. Enumerable.Range(0, 20).Select(i => 10 + (0.01 * i))], slow = [.. fast.Select(time => time + 1)];

        var pooled = MedianInterval.Bootstrap([[.. fast.Take(10), .. fast.Skip(10)]], 1);
        var split = MedianInterval.Bootstrap([fast, slow, fast, slow], 1);

        Assert.True(split.Interval.Width > 5 * pooled.Interval.Width);
    }

    [Theory]
    [InlineData(12)]
    [InlineData(31)]
    public void Order_statistic_interval_covers_the_median_of_skewed_times(int count)
    {
        var random = new CounterRandom(13);
        var truth = Math.Log(2);
        var covered = Enumerable.Range(0, 4_000).Count(_ => MedianInterval.OrderStatistic(Exponential(random, count)).Interval.Contains(truth));
        var claimed = MedianInterval.OrderStatistic(Exponential(random, count)).Coverage;

        Assert.Equal(claimed, covered / 4_000.0, 0.014);
    }

    [Fact]
    public void Bootstrap_interval_covers_the_median_of_skewed_times()
    {
        var random = new CounterRandom(14);
        var covered = Enumerable.Range(0, 1_000).Count(i => MedianInterval.Bootstrap([Exponential(random, 41)], i, resamples: 400).Interval.Contains(Math.Log(2)));

        // Four standard errors of 0.95 over 1,000 trials: 0.028.
        Assert.Equal(0.95, covered / 1_000.0, 0.03);
    }

    [Fact]
    public void An_empty_process_is_refused() => Assert.Throws<ArgumentException>(() => MedianInterval.Bootstrap([[1.0], []], 1));

    private static double[] Exponential(CounterRandom random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => -Math.Log(1 - random.NextDouble()))];
}
