using Bench.Domain.Analysis;
using Bench.Domain.Randomness;
using CsCheck;

namespace Bench.Domain.Tests.Analysis;

public sealed class RatioIntervalTests
{
    [Fact]
    public void Paired_ratio_of_a_drifting_machine_is_certain_where_the_unpaired_one_is_not()
    {
        double[] baseline = [.. Enumerable.Range(0, 30).Select(i => 10.0 + i)], method = [.. baseline.Select(time => time * 0.5)];

        var paired = RatioInterval.Paired([method], [baseline], 1);
        var unpaired = RatioInterval.Unpaired([method], [baseline], 1);

        Assert.Equal(new Interval(0.5, 0.5), paired.Interval);
        Assert.True(unpaired.Interval.Width > 0.1);
        Assert.Equal(0.5, unpaired.Value, 1e-12);
    }

    [Fact]
    public void Ratio_of_a_sample_to_itself_is_one() =>
        Gen.Double[0.1, 100].Array[1, 30].Sample(times =>
            Assert.Equal(new Interval(1, 1), RatioInterval.Paired([times], [times], 3, resamples: 50).Interval), iter: 50);

    [Fact]
    public void Ratio_ignores_the_unit() =>
        Gen.Select(Gen.Double[0.1, 100].Array[5, 20], Gen.Double[0.1, 100].Array[5, 20]).Sample((a, b) =>
        {
            var seconds = RatioInterval.Unpaired([a], [b], 3, resamples: 50);
            var milliseconds = RatioInterval.Unpaired([[.. a.Select(x => x * 1000)]], [[.. b.Select(x => x * 1000)]], 3, resamples: 50);

            Assert.Equal(seconds.Lower, milliseconds.Lower, 1e-7);
            Assert.Equal(seconds.Upper, milliseconds.Upper, 1e-7);
        }, iter: 50);

    [Fact]
    public void Interval_of_equal_distributions_covers_one_in_about_95_of_100_cases()
    {
        var random = new CounterRandom(15);
        double[] Draw() => [.. Enumerable.Range(0, 31).Select(_ => Math.Exp(0.2 * random.NextNormal()))];
        var covered = Enumerable.Range(0, 600).Count(i => RatioInterval.Unpaired([Draw()], [Draw()], i, resamples: 300).Interval.Contains(1));

        Assert.InRange(covered / 600.0, 0.92, 0.99);
    }

    [Fact]
    public void Ratio_of_other_quantiles_is_the_ratio_of_the_sorted_values_quantiles() =>
        Gen.Select(Gen.Double[0.1, 100].Array[1, 20], Gen.Double[0.1, 100].Array[1, 20], Gen.Double[0, 1]).Sample((a, b, p) =>
        {
            var ratio = RatioInterval.Unpaired([a], [b], 3, resamples: 20, quantile: p).Value;

            Assert.Equal(Quantiles.Of(a, p) / Quantiles.Of(b, p), ratio, 1e-9 * ratio);
        }, iter: 200);

    [Fact]
    public void Pairs_of_different_size_are_refused() =>
        Assert.Throws<ArgumentException>(() => RatioInterval.Paired([[1, 2]], [[1, 2, 3]], 1));
}
