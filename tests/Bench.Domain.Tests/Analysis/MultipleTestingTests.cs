using Bench.Domain.Analysis;
using CsCheck;

namespace Bench.Domain.Tests.Analysis;

public sealed class MultipleTestingTests
{
    private static readonly Gen<double[]> PValues = Gen.Double[0, 1].Array[1, 20];

    [Fact]
    public void Holm_multiplies_the_smallest_by_the_count_and_steps_down() =>
        Assert.Equal([0.03, 0.06, 0.06, 0.02], MultipleTesting.Holm([0.01, 0.04, 0.03, 0.005]), (a, b) => Math.Abs(a - b) < 1e-12);

    [Fact]
    public void Benjamini_Hochberg_steps_up() =>
        Assert.Equal([0.02, 0.04, 0.04, 0.02], MultipleTesting.BenjaminiHochberg([0.01, 0.04, 0.03, 0.005]), (a, b) => Math.Abs(a - b) < 1e-12);

    [Fact]
    public void Adjusted_values_keep_the_order_and_never_fall_below_the_raw_ones() =>
        PValues.Sample(p =>
        {
            foreach (var adjusted in new[] { MultipleTesting.Holm(p), MultipleTesting.BenjaminiHochberg(p) })
            {
                var sorted = adjusted.Zip(p).OrderBy(pair => pair.Second).Select(pair => pair.First).ToList();

                Assert.Equal(sorted.Order(), sorted);
                Assert.All(adjusted.Zip(p), pair => Assert.True(pair.First >= pair.Second - 1e-15 && pair.First <= 1));
            }
        });

    [Fact]
    public void Holm_is_never_more_generous_than_Benjamini_Hochberg() =>
        PValues.Sample(p => Assert.All(MultipleTesting.Holm(p).Zip(MultipleTesting.BenjaminiHochberg(p)), pair => Assert.True(pair.First >= pair.Second - 1e-15)));

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void Something_that_is_no_p_value_is_refused(double p) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => MultipleTesting.Holm([p]));
}
