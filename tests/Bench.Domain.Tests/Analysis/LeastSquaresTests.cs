using Bench.Domain.Analysis;
using CsCheck;

namespace Bench.Domain.Tests.Analysis;

public sealed class LeastSquaresTests
{
    private static readonly double[] Lengths = [256, 512, 1024, 2048, 4096, 8192];

    [Fact]
    public void Parabola_of_published_memory_matches_the_recomputed_coefficients()
    {
        var fit = LeastSquares.Quadratic(Lengths, [81, 265, 952, 3604, 14020, 55300]);

        Assert.Equal(8.12523759e-4, fit.A, 1e-12);
        Assert.Equal(0.0938200382, fit.B, 1e-10);
        Assert.Equal(3.870833, fit.C, 1e-6);
    }

    [Fact]
    public void Points_on_a_parabola_are_met_exactly() =>
        Gen.Select(Gen.Double[-1, 1], Gen.Double[-10, 10], Gen.Double[-100, 100]).Sample((a, b, c) =>
        {
            var fit = LeastSquares.Quadratic(Lengths, [.. Lengths.Select(x => (a * x * x) + (b * x) + c)]);

            Assert.Equal(a, fit.A, 1e-10);
            Assert.Equal(b, fit.B, 1e-6);
            Assert.Equal(c, fit.C, 1e-4);
        });

    [Fact]
    public void Line_explains_points_on_a_line_fully()
    {
        var fit = LeastSquares.Line(Lengths, [42, 80, 156, 308, 612, 1220]);

        Assert.Equal(0.1484375, fit.Slope, 1e-12);
        Assert.Equal(4, fit.Intercept, 1e-9);
        Assert.Equal(1, fit.RSquared, 1e-12);
    }

    [Fact]
    public void Too_few_different_lengths_are_refused() =>
        Assert.Throws<ArgumentException>(() => LeastSquares.Quadratic([1, 1, 2], [1, 2, 3]));
}
