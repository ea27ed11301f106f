using Bench.Domain.Analysis;
using CsCheck;

namespace Bench.Domain.Tests.Analysis;

public sealed class QuantilesTests
{
    private static readonly Gen<double[]> Values = Gen.Double[-100, 100].Array[1, 40];

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.25, 1.75)]
    [InlineData(0.5, 2.5)]
    [InlineData(1, 4)]
    public void Quantile_interpolates_between_order_statistics(double p, double expected) =>
        Assert.Equal(expected, Quantiles.Of([4, 2, 1, 3], p), 1e-12);

    [Fact]
    public void Median_equals_the_half_quantile() =>
        Values.Sample(values => Assert.Equal(Quantiles.Of(values, 0.5), Quantiles.Median(values), 1e-9));

    [Fact]
    public void Median_of_many_ties_is_found() => Assert.Equal(1, Quantiles.Median([1, 1, 1, 0, 1, 1, 2, 1, 0, 1]));

    [Fact]
    public void Quantile_grows_with_p() =>
        Gen.Select(Values, Gen.Double[0, 1], Gen.Double[0, 1]).Sample((values, a, b) =>
            Assert.True(Quantiles.Of(values, Math.Min(a, b)) <= Quantiles.Of(values, Math.Max(a, b))));

    [Fact]
    public void Inter_quartile_mean_drops_values_outside_the_midpoint_quartiles() =>
        // Nine values: the quartiles are the third and the seventh, 2 and 6.
        Assert.Equal((2 + 3 + 4 + 5 + 6) / 5.0, Quantiles.InterQuartileMean([1, 2, 3, 4, 5, 6, 7, 1000, 0.5]), 1e-12);

    [Fact]
    public void Inter_quartile_mean_keeps_values_equal_to_a_quartile() =>
        Assert.Equal(2, Quantiles.InterQuartileMean([1, 2, 2, 2, 3, 2, 2]), 1e-12);

    [Fact]
    public void Inter_quartile_mean_scales_with_its_values() =>
        Gen.Select(Values, Gen.Double[0.1, 10]).Sample((values, scale) =>
            Assert.Equal(scale * Quantiles.InterQuartileMean(values), Quantiles.InterQuartileMean([.. values.Select(v => v * scale)]), 1e-7));

    [Fact]
    public void Quantile_of_nothing_is_refused() => Assert.Throws<ArgumentException>(() => Quantiles.Median([]));
}
