using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Bench.Attention.Primitives.Fused;

/// <summary>
/// Multiply-adds in registers, in the vectors that the fused forms use: what the core's multipliers can do, whichever instructions a library's matrix
/// product chooses.
/// </summary>
public static class MultiplyAddLoop
{
    private const int Rounds = 100_000;
    private const int Chains = 12;

    private static int Lanes => Vector512.IsHardwareAccelerated ? Simd512.Lanes : Vector256.IsHardwareAccelerated ? Simd256.Lanes : SimdScalar.Lanes;

    /// <summary>Floating-point operations of a pass of the usual rounds, a multiply-add counting as 2.</summary>
    public static double Flops => 2.0 * Rounds * Numbers;

    /// <summary>Numbers of all chains.</summary>
    public static int Numbers => Chains * Lanes;

    /// <summary>A pass, of some tenths of a millisecond by the usual rounds.</summary>
    /// <param name="rounds">Multiply-adds of each chain, x ← 0.999 x + 0.1 from 0.1.</param>
    /// <returns>The sum of all numbers.</returns>
    public static float Pass(int rounds = Rounds) => Vector512.IsHardwareAccelerated ? Pass<Simd512, Vector512<float>>(rounds)
        : Vector256.IsHardwareAccelerated ? Pass<Simd256, Vector256<float>>(rounds)
        : Pass<SimdScalar, float>(rounds);

    /// <summary>Chains enough that no multiply-add waits for the one before it: two a cycle, each ready after four to six.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float Pass<TSimd, TVector>(int rounds)
        where TSimd : ISimd<TVector>
        where TVector : unmanaged
    {
        TVector factor = TSimd.Broadcast(0.999f), term = TSimd.Broadcast(0.1f);
        TVector a = term, b = term, c = term, d = term, e = term, f = term, g = term, h = term, i = term, j = term, k = term, l = term;
        for (; rounds > 0; rounds--)
        {
            (a, b, c) = (TSimd.MultiplyAdd(a, factor, term), TSimd.MultiplyAdd(b, factor, term), TSimd.MultiplyAdd(c, factor, term));
            (d, e, f) = (TSimd.MultiplyAdd(d, factor, term), TSimd.MultiplyAdd(e, factor, term), TSimd.MultiplyAdd(f, factor, term));
            (g, h, i) = (TSimd.MultiplyAdd(g, factor, term), TSimd.MultiplyAdd(h, factor, term), TSimd.MultiplyAdd(i, factor, term));
            (j, k, l) = (TSimd.MultiplyAdd(j, factor, term), TSimd.MultiplyAdd(k, factor, term), TSimd.MultiplyAdd(l, factor, term));
        }

        TVector first = TSimd.Add(TSimd.Add(a, b), TSimd.Add(c, d)), second = TSimd.Add(TSimd.Add(e, f), TSimd.Add(g, h));
        return TSimd.Sum(TSimd.Add(TSimd.Add(first, second), TSimd.Add(TSimd.Add(i, j), TSimd.Add(k, l))));
    }
}
