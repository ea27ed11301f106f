using Bench.Domain.Analysis;
using CsCheck;

namespace Bench.Domain.Tests.Analysis;

public sealed class KendallTauTests
{
    [Fact]
    public void One_swap_of_four_leaves_two_thirds() => Assert.Equal(2.0 / 3, KendallTau.Of([1, 2, 3, 4], [1, 3, 2, 4]), 1e-12);

    [Fact]
    public void Ties_are_taken_out_of_what_is_possible() =>
        // Five of six pairs untied in x, all in y, all five in the same order.
        Assert.Equal(5 / Math.Sqrt(30), KendallTau.Of([1, 2, 2, 3], [1, 2, 3, 4]), 1e-12);

    [Fact]
    public void Only_order_counts() =>
        Gen.Int[-9, 9].Select(i => (double)i).Array[2, 20].Where(x => x.Distinct().Count() > 1).Sample(x =>
        {
            Assert.Equal(1, KendallTau.Of(x, [.. x.Select(Math.Exp)]), 1e-12);
            Assert.Equal(-1, KendallTau.Of(x, [.. x.Select(value => -value)]), 1e-12);
        });

    [Fact]
    public void A_constant_side_has_no_order() => Assert.Equal(double.NaN, KendallTau.Of([1, 1, 1], [1, 2, 3]));

    [Fact]
    public void Sides_of_different_length_are_refused() => Assert.Throws<ArgumentException>(() => KendallTau.Of([1, 2], [1, 2, 3]));
}
