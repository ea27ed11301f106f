using Bench.Domain.Analysis;
using CsCheck;

namespace Bench.Domain.Tests.Analysis;

public sealed class GeometricMeanTests
{
    [Fact]
    public void Doubling_and_halving_cancel() => Assert.Equal(1, GeometricMean.Of([0.5, 2, 1], 0.01), 1e-12);

    [Fact]
    public void A_forged_near_zero_counts_as_the_floor() => Assert.Equal(0.1, GeometricMean.Of([0, 1], 0.01), 1e-12);

    [Fact]
    public void Mean_scales_with_its_ratios_and_lies_between_them() =>
        Gen.Select(Gen.Double[0.1, 10].Array[1, 20], Gen.Double[0.5, 2]).Sample((ratios, scale) =>
        {
            var mean = GeometricMean.Of(ratios, 1e-9);

            Assert.InRange(mean, ratios.Min() * (1 - 1e-12), ratios.Max() * (1 + 1e-12));
            Assert.Equal(mean * scale, GeometricMean.Of([.. ratios.Select(ratio => ratio * scale)], 1e-9), 1e-9);
        });

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(-1)]
    public void A_failed_cell_is_refused(double ratio) => Assert.Throws<ArgumentException>(() => GeometricMean.Of([1, ratio], 0.01));

    [Fact]
    public void A_mean_of_nothing_is_refused() => Assert.Throws<ArgumentException>(() => GeometricMean.Of([], 0.01));
}
