using Bench.Domain.Analysis;
using Bench.Domain.Randomness;
using CsCheck;

namespace Bench.Domain.Tests.Analysis;

public sealed class StudentTTests
{
    // Printed in every table of the distribution.
    [Theory]
    [InlineData(0.975, 1, 12.7062)]
    [InlineData(0.975, 2, 4.3027)]
    [InlineData(0.975, 4, 2.7764)]
    [InlineData(0.95, 10, 1.8125)]
    [InlineData(0.995, 30, 2.7500)]
    [InlineData(0.975, 1_000_000, 1.9600)]
    [InlineData(0.025, 4, -2.7764)]
    public void Quantile_matches_the_tables(double p, double degrees, double expected) =>
        Assert.Equal(expected, StudentT.Quantile(p, degrees), 1e-4);

    [Fact]
    public void Quantile_inverts_the_distribution_function() =>
        Gen.Select(Gen.Double[0.001, 0.999], Gen.Double[0.7, 200]).Sample((p, degrees) =>
            Assert.Equal(p, StudentT.Cdf(StudentT.Quantile(p, degrees), degrees), 1e-9));

    [Fact]
    public void Five_seeds_give_the_documented_interval()
    {
        var mean = StudentT.MeanInterval([0.98, 0.99, 0.97, 0.99, 0.98]);

        Assert.Equal(0.982, mean.Value, 1e-12);
        Assert.Equal(0.0104, mean.Interval.Width / 2, 5e-5);
        Assert.Equal(0.00837, StudentT.StandardDeviation([0.98, 0.99, 0.97, 0.99, 0.98]), 5e-6);
    }

    [Fact]
    public void Interval_moves_and_scales_with_its_values() =>
        Gen.Select(Gen.Double[-5, 5].Array[2, 10], Gen.Double[0.1, 10], Gen.Double[-3, 3]).Sample((values, scale, shift) =>
        {
            var before = StudentT.MeanInterval(values);
            var after = StudentT.MeanInterval([.. values.Select(value => (value * scale) + shift)]);

            Assert.Equal((before.Lower * scale) + shift, after.Lower, 1e-8);
            Assert.Equal((before.Upper * scale) + shift, after.Upper, 1e-8);
        });

    [Fact]
    public void Interval_of_normal_seeds_covers_the_truth_in_95_of_100_cases()
    {
        var random = new CounterRandom(11);
        var covered = Enumerable.Range(0, 4_000).Count(_ =>
            StudentT.MeanInterval([.. Enumerable.Range(0, 5).Select(_ => 3 + random.NextNormal())]).Interval.Contains(3));

        // Four standard errors of a share of 0.95 over 4,000 trials.
        Assert.Equal(0.95, covered / 4_000.0, 0.014);
    }

    [Fact]
    public void One_seed_has_no_interval() => Assert.Throws<ArgumentException>(() => StudentT.MeanInterval([0.9]));

    [Fact]
    public void Two_sample_test_matches_a_worked_example()
    {
        // Means 3 and 6, squares 10 and 10, pooled variance 2.5, t = −3 with 8 degrees of freedom.
        Assert.Equal(0.01707, StudentT.TwoSamplePValue([1, 2, 3, 4, 5], [4, 5, 6, 7, 8]), 1e-5);
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 2, 0)]
    public void Constant_sides_are_equal_or_different_for_certain(double left, double right, double expected) =>
        Assert.Equal(expected, StudentT.TwoSamplePValue([left, left, left], [right, right]));
}
