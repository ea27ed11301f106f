using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

internal sealed unsafe partial class Scanner<TSimd, TVector>
{
    /// <summary>Cumulative decays of the block, one a row or column; returns how many tokens it may hold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int FoldDecay(Scan scan, nint token, int count)
    {
        nint padded = scan.Axis == DecayAxis.Rows ? _rows : _columns;
        var stride = scan.Reverse ? -scan.DecayStride : scan.DecayStride;
        var source = scan.Decay + (token * scan.DecayStride);
        if (scan.DecayIsRate)
        {
            TakeRates(source, stride, count, scan.DecayWidth, padded);
            source = _rates;
            stride = padded;
        }

        TVector strongest = TSimd.Broadcast(StrongestLog), one = TSimd.Broadcast(1), lowest = TSimd.Broadcast(0);
        var i = 0;
        for (; i + TSimd.Lanes <= scan.DecayWidth; i += TSimd.Lanes)
        {
            // Decays are multiplied, and one division undoes them all. Where they are too strong for that, the block is taken anew token by token.
            TVector sum = TSimd.Broadcast(0), factor1 = one, factor2 = one, factor3 = one;
            float* from = source + i, cumulative = _cumulative + padded + i, inverse = _inverse + padded + i;
            var product = Decay(from, strongest, ref sum);
            TSimd.Store(cumulative, product);
            if (count > 1)
            {
                factor1 = Decay(from + stride, strongest, ref sum);
                product = TSimd.Multiply(product, factor1);
            }

            TSimd.Store(cumulative + padded, product);
            if (count > 2)
            {
                factor2 = Decay(from + (2 * stride), strongest, ref sum);
                product = TSimd.Multiply(product, factor2);
            }

            TSimd.Store(cumulative + (2 * padded), product);
            if (count > 3)
            {
                factor3 = Decay(from + (3 * stride), strongest, ref sum);
                product = TSimd.Multiply(product, factor3);
            }

            TSimd.Store(cumulative + (3 * padded), product);
            lowest = TSimd.Min(lowest, sum);
            var undone = TSimd.Divide(one, product);
            TSimd.Store(inverse + (3 * padded), undone);
            undone = TSimd.Multiply(undone, factor3);
            TSimd.Store(inverse + (2 * padded), undone);
            undone = TSimd.Multiply(undone, factor2);
            TSimd.Store(inverse + padded, undone);
            TSimd.Store(inverse, TSimd.Multiply(undone, factor1));
        }

        var isTooStrong = TSimd.AnyBelow(lowest, strongest);
        for (; i < scan.DecayWidth; i++)
        {
            var sum = 0f;
            for (var j = 0; j < Block; j++)
            {
                sum = j < count ? sum + MathF.Max(source[(j * stride) + i], StrongestLog) : sum;
                isTooStrong |= sum < StrongestLog;
                var factor = MathF.Exp(MathF.Max(sum, StrongestLog));
                _cumulative[((j + 1) * padded) + i] = factor;
                _inverse[((j + 1) * padded) + i] = 1 / factor;
            }
        }

        return isTooStrong && count > 1 ? FoldDecay(scan, token, 1) : count;
    }

    /// <summary>The decay of a vector of rows or columns over one token, whose logarithms are added to the sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Decay(float* from, TVector strongest, ref TVector sum)
    {
        var logarithm = TSimd.Max(TSimd.Load(from), strongest);
        sum = TSimd.Add(sum, logarithm);
        return TSimd.Exp(logarithm);
    }

    /// <summary>Logarithms −e^ω of the decays of a block. By themselves: the exponential's constants fill the registers.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private void TakeRates(float* from, nint stride, int count, int width, nint padded)
    {
        // Beyond these the exponential of a float is nothing, or as strong a decay as the scan can show.
        TVector lowest = TSimd.Broadcast(-80), highest = TSimd.Broadcast(80), minus = TSimd.Broadcast(-1);
        var to = _rates;
        for (var j = 0; j < count; j++, from += stride, to += padded)
        {
            var i = 0;
            for (; i + TSimd.Lanes <= width; i += TSimd.Lanes)
            {
                TSimd.Store(to + i, TSimd.Multiply(minus, TSimd.Exp(TSimd.Max(TSimd.Min(TSimd.Load(from + i), highest), lowest))));
            }

            if (i < width)
            {
                TakeRatesTail(to + i, from + i, width - i);
            }
        }
    }

    // The call to the scalar exponential, inlined, would put the vectors into memory.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TakeRatesTail(float* to, float* from, int count)
    {
        for (var i = 0; i < count; i++)
        {
            to[i] = -MathF.Exp(Math.Clamp(from[i], -80, 80));
        }
    }

    /// <summary>The same for a decay that is one number a token.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int FoldOneDecay(Scan scan, nint token, int count)
    {
        var stride = scan.Reverse ? -scan.DecayStride : scan.DecayStride;
        var source = scan.Decay + (token * scan.DecayStride);
        var sum = 0f;
        for (var j = 0; j < Block; j++)
        {
            sum = j < count ? sum + MathF.Max(source[j * stride], StrongestLog) : sum;
            if (sum < StrongestLog && count > 1)
            {
                return FoldOneDecay(scan, token, 1);
            }

            var factor = MathF.Exp(sum);
            (_one[j + 1], _oneInverse[j + 1]) = (factor, 1 / factor);
        }

        new Span<float>(_uniform, _columns).Fill(_one[Block]);
        return count;
    }
}
