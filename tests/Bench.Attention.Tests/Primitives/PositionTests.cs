using Bench.Attention.Primitives;
using Bench.Attention.Tests.Laws;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Primitives;

public sealed class PositionTests
{
    [Fact]
    public void Rotary_products_depend_on_the_distance_alone()
    {
        using var scope = NewDisposeScope();
        var (q, k) = (randn(1, 1, 1, 8, dtype: ScalarType.Float64), randn(1, 1, 1, 8, dtype: ScalarType.Float64));
        double Product(long i, long j) => (Rotary.Apply(q, i) * Rotary.Apply(k, j)).sum().item<double>();
        Assert.Equal(Product(3, 1), Product(103, 101), 1e-10);
        Assert.NotEqual(Product(3, 1), Product(3, 2), 1e-6);
    }

    [Fact]
    public void Rotary_positions_keep_lengths_and_leave_the_first_row_alone()
    {
        using var scope = NewDisposeScope();
        var rows = randn(2, 3, 7, 6, dtype: ScalarType.Float64);
        var turned = Rotary.Apply(rows);
        Law.Near(rows.norm(-1), turned.norm(-1), 1e-12, "Lengths");
        Law.Near(rows.narrow(2, 0, 1), turned.narrow(2, 0, 1), 1e-15, "Position 0");
        Law.Near(turned.narrow(2, 4, 1), Rotary.Apply(rows.narrow(2, 4, 1), 4), 1e-12, "Position 4 alone");
    }

    [Fact]
    public void Rotary_positions_refuse_an_odd_size() =>
        Assert.Contains("3 channels are odd", Assert.Throws<ArgumentException>(() => Rotary.Apply(zeros(1, 3))).Message, StringComparison.Ordinal);

    [Fact]
    public void Sinusoids_are_sines_and_cosines_in_turn()
    {
        using var scope = NewDisposeScope();
        var table = Sinusoids.Of(5, 6, first: 2, dtype: ScalarType.Float64);
        Assert.Equal([5, 6], table.shape);
        Assert.Equal(Math.Sin(4), table[2, 0].item<double>(), 1e-12);
        Assert.Equal(Math.Cos(4), table[2, 1].item<double>(), 1e-12);
        Assert.Equal(Math.Sin(4 / Math.Pow(10_000, 2.0 / 6)), table[2, 2].item<double>(), 1e-12);
    }

    [Theory]
    [InlineData(8, new[] { 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125, 0.00390625 })]
    [InlineData(3, new[] { 0.0625, 0.00390625, 0.25 })]
    public void Alibi_slopes_are_the_published_ones(int heads, double[] slopes) => Assert.Equal(slopes, Alibi.Slopes(heads));
}
