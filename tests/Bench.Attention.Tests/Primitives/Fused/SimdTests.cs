using System.Runtime.Intrinsics;
using Bench.Attention.Primitives.Fused;

namespace Bench.Attention.Tests.Primitives.Fused;

public sealed class SimdTests
{
    /// <summary>A float holds e^x to 6e-8; the reduction of x adds a rounding of its own.</summary>
    private const double Tolerance = 2.5e-7;

    /// <summary>log₂ e as a float is wrong by 1.3e-8 of itself, and the exponential by that share of x: a quarter of what x's own rounding may do.</summary>
    private const double ToleranceOfX = 1.5e-8;

    [Fact]
    public void Exponentials_of_sixteen_lanes_are_right_to_the_last_bits() => Check<Simd512, Vector512<float>>(Vector512.Create);

    [Fact]
    public void Exponentials_of_eight_lanes_are_right_to_the_last_bits() => Check<Simd256, Vector256<float>>(Vector256.Create);

    [Fact]
    public void Exponentials_of_one_lane_are_right_to_the_last_bits() => Check<SimdScalar, float>(value => value);

    [Fact]
    public void Any_lane_below_counts()
    {
        var one = Vector512.Create(1f);

        Assert.False(Simd512.AnyBelow(one, one));
        Assert.True(Simd512.AnyBelow(one.WithElement(15, 0.5f), one));
    }

    private static unsafe void Check<TSimd, TVector>(Func<float, TVector> all)
        where TSimd : ISimd<TVector>
        where TVector : unmanaged
    {
        var lanes = stackalloc float[16];
        float Lane(TVector vector)
        {
            TSimd.Store(lanes, vector);
            return lanes[TSimd.Lanes - 1];
        }

        for (var i = -8_000; i <= 8_000; i++)
        {
            var x = i / 100f;
            var tolerance = Tolerance + (ToleranceOfX * Math.Abs(x));
            Assert.InRange(Lane(TSimd.Exp(all(x))) / Math.Exp(x), 1 - tolerance, 1 + tolerance);
        }

        Assert.Equal(1, Lane(TSimd.Exp(all(0))));
    }
}
