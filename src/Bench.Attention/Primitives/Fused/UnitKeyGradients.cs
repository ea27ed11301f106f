using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

/// <summary>
/// The way back through RWKV-7's terms, its decay g = −e^ω, its correction's a = −κ̂ and b = κ̂ ⊙ ι, for the tokens of a block, while their rows are in
/// cache.
/// </summary>
/// <remarks>Peng et al., arXiv:2503.14456, section 4.</remarks>
internal static unsafe class UnitKeyGradients<TSimd, TVector>
    where TSimd : ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>
    /// For each token: γ += q ⊙ ∂q − k ⊙ ∂k − b ⊙ ∂b, ∂ω = γ ⊙ g, γ += a ⊙ ∂a; and ∂κ̂ = ∂b ⊙ ι − ∂a where ∂a was, ∂ι = ∂b ⊙ κ̂ where ∂b was.
    /// </summary>
    /// <param name="sum">γ.</param>
    /// <param name="query">q and ∂q.</param>
    /// <param name="key">k and ∂k.</param>
    /// <param name="unit">κ̂, and ∂a that becomes ∂κ̂.</param>
    /// <param name="rate">ι, and ∂b that becomes ∂ι.</param>
    /// <param name="decay">g, and where ∂ω goes; none where it is not wanted.</param>
    /// <param name="tokens">Tokens of the block.</param>
    /// <param name="size">Floats in a row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Turn(
        float* sum, in TokenPair query, in TokenPair key, in TokenPair unit, in TokenPair rate, in TokenPair decay, int tokens, int size)
    {
        var minus = TSimd.Broadcast(-1);
        nint i = 0;
        for (; i + TSimd.Lanes <= size; i += TSimd.Lanes)
        {
            var total = TSimd.Load(sum + i);
            for (nint j = 0; j < tokens; j++)
            {
                float* read = unit.Second.At(j) + i, write = rate.Second.At(j) + i;
                TVector units = TSimd.Load(unit.First.At(j) + i), gradient = TSimd.Load(write), readGradient = TSimd.Multiply(minus, TSimd.Load(read));
                var rates = TSimd.Multiply(gradient, TSimd.Load(rate.First.At(j) + i));
                TSimd.Store(write, TSimd.Multiply(gradient, units));
                TSimd.Store(read, TSimd.Add(rates, readGradient));
                if (decay.First.Start == null)
                {
                    continue;
                }

                total = TSimd.MultiplyAdd(TSimd.Load(query.First.At(j) + i), TSimd.Load(query.Second.At(j) + i), total);
                var less = TSimd.MultiplyAdd(TSimd.Load(key.First.At(j) + i), TSimd.Load(key.Second.At(j) + i), TSimd.Multiply(units, rates));
                total = TSimd.MultiplyAdd(minus, less, total);
                TSimd.Store(decay.Second.At(j) + i, TSimd.Multiply(total, TSimd.Load(decay.First.At(j) + i)));
                total = TSimd.MultiplyAdd(units, readGradient, total);
            }

            TSimd.Store(sum + i, total);
        }

        for (; i < size; i++)
        {
            for (nint j = 0; j < tokens; j++)
            {
                ref var read = ref unit.Second.At(j)[i];
                ref var write = ref rate.Second.At(j)[i];
                var (units, readGradient, rates) = (unit.First.At(j)[i], read, write * rate.First.At(j)[i]);
                (read, write) = (rates - readGradient, write * units);
                if (decay.First.Start != null)
                {
                    sum[i] += query.Product(j, i) - key.Product(j, i) - (units * rates);
                    decay.Second.At(j)[i] = sum[i] * decay.First.At(j)[i];
                    sum[i] -= units * readGradient;
                }
            }
        }
    }
}
