using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

internal sealed unsafe partial class Scanner<TSimd, TVector>
{
    private const float StrongestLog = -60;

    /// <summary>Below this, about e^−60, a decay is not undone.</summary>
    private const float LeastDecay = 8e-27f;

    /// <summary>Below this, about e^−30, the state is scaled: further blocks would soon reach <see cref="LeastDecay"/>.</summary>
    private const float LeastBeforeScaling = 1e-13f;

    private bool _isScaled;  // whether the block at hand scales the state at its end
    private float* _before;  // decay, one a row or column, since the state was scaled last
    private float _oneBefore; // the same where it is one number
    private Scanner<TSimd, TVector>? _follower; // has the same decays, and its state the same scale
    private Scan? _followerScan;

    /// <summary>Decays since the state was scaled last, before the block and after each of its tokens; returns how many tokens it may hold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int FoldDecay(Scan scan, nint token, int count)
    {
        while (!(scan.DecayWidth == 1 ? FoldsOne(scan, token, count) : Folds(scan, token, count)) && (count > 1 || HasDecayed(scan)))
        {
            // A state that has just been scaled leaves the block all the room there is, and one token then has room enough.
            count = HasDecayed(scan) ? count : 1;
            Settle(scan);
        }

        _before = _isScaled ? _ones : _cumulative + (Block * DecayPitch(scan));
        _oneBefore = _isScaled ? 1 : _one[Block];
        return count;
    }

    /// <summary>Scales the state, and that of a scan that shares the decays, by what its rows or columns have decayed since it was scaled last.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Settle(Scan scan)
    {
        if (HasDecayed(scan))
        {
            ScaleState(scan, _before, _oneBefore);
            _follower?.ScaleState(_followerScan!, _before, _oneBefore);
        }

        Forget();
    }

    /// <summary>Multiplies the state by a factor for each row or column, or by one for all.</summary>
    private void ScaleState(Scan scan, float* factors, float one)
    {
        for (nint r = 0; r < _rows; r++)
        {
            var row = State + (r * _columns);
            if (scan.DecayWidth == 1 || scan.Axis == DecayAxis.Rows)
            {
                Rows<TSimd, TVector>.Scaled(row, row, scan.DecayWidth == 1 ? one : factors[r], _columns);
            }
            else
            {
                Rows<TSimd, TVector>.Multiply(row, factors, _columns);
            }
        }
    }

    private bool HasDecayed(Scan scan) => scan.DecayWidth == 1 ? _oneBefore != 1 : _before != _ones;

    /// <summary>Decays count from here on.</summary>
    private void Forget()
    {
        _before = _ones;
        _oneBefore = 1;
    }

    /// <summary>Floats in a row of decays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private nint DecayPitch(Scan scan) => scan.Axis == DecayAxis.Rows ? _rows : _columns;

    /// <summary>Multiplies the decays of a block, and undoes them by one division; whether that is possible.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Folds(Scan scan, nint token, int count)
    {
        var pitch = DecayPitch(scan);
        var stride = scan.Reverse ? -scan.DecayStride : scan.DecayStride;
        var source = scan.Decay + (token * scan.DecayStride);
        if (scan.DecayIsRate)
        {
            nint toStride = scan.KeptDecay == null || !scan.Reverse ? scan.DecayWidth : -scan.DecayWidth;
            var to = scan.KeptDecay == null ? _rates : scan.KeptDecay + (token * scan.DecayWidth);
            TakeRates(source, stride, count, scan.DecayWidth, to, toStride);
            source = to;
            stride = toStride;
        }

        var before = _before;
        TVector strongest = TSimd.Broadcast(StrongestLog), one = TSimd.Broadcast(1), lowest = one;
        var i = 0;
        for (; i + TSimd.Lanes <= scan.DecayWidth; i += TSimd.Lanes)
        {
            TVector factor1 = one, factor2 = one, factor3 = one;
            float* from = source + i, cumulative = _cumulative + i, inverse = _inverse + i;
            var product = TSimd.Load(before + i);
            var factor0 = Decay(from, strongest);
            TSimd.Store(cumulative, product);
            product = TSimd.Multiply(product, factor0);
            TSimd.Store(cumulative + pitch, product);
            if (count > 1)
            {
                factor1 = Decay(from + stride, strongest);
                product = TSimd.Multiply(product, factor1);
            }

            TSimd.Store(cumulative + (2 * pitch), product);
            if (count > 2)
            {
                factor2 = Decay(from + (2 * stride), strongest);
                product = TSimd.Multiply(product, factor2);
            }

            TSimd.Store(cumulative + (3 * pitch), product);
            if (count > 3)
            {
                factor3 = Decay(from + (3 * stride), strongest);
                product = TSimd.Multiply(product, factor3);
            }

            TSimd.Store(cumulative + (4 * pitch), product);
            var undone = TSimd.Divide(one, product);
            lowest = TSimd.Min(lowest, TSimd.Min(undone, product));
            TSimd.Store(inverse + (4 * pitch), undone);
            undone = TSimd.Multiply(undone, factor3);
            TSimd.Store(inverse + (3 * pitch), undone);
            undone = TSimd.Multiply(undone, factor2);
            TSimd.Store(inverse + (2 * pitch), undone);
            undone = TSimd.Multiply(undone, factor1);
            TSimd.Store(inverse + pitch, undone);
            TSimd.Store(inverse, TSimd.Multiply(undone, factor0));
        }

        var isTooStrong = TSimd.AnyBelow(lowest, TSimd.Broadcast(LeastDecay));
        _isScaled = TSimd.AnyBelow(lowest, TSimd.Broadcast(LeastBeforeScaling));
        for (; i < scan.DecayWidth; i++)
        {
            var product = _cumulative[i] = before[i];
            for (var j = 0; j < Block; j++)
            {
                _inverse[(j * pitch) + i] = 1 / product;
                product *= j < count ? MathF.Exp(MathF.Max(source[(j * stride) + i], StrongestLog)) : 1;
                _cumulative[((j + 1) * pitch) + i] = product;
            }

            _inverse[(Block * pitch) + i] = 1 / product;
            var least = MathF.Min(product, 1 / product);
            isTooStrong |= least < LeastDecay;
            _isScaled |= least < LeastBeforeScaling;
        }

        // What the state has decayed by lay where the block's last row lies now.
        _before = isTooStrong && HasDecayed(scan) ? _cumulative : before;
        return !isTooStrong;
    }

    /// <summary>The decay of a vector of rows or columns over one token.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Decay(float* from, TVector strongest) => TSimd.Exp(TSimd.Max(TSimd.Load(from), strongest));

    /// <summary>Logarithms −e^ω of the decays of a block. By themselves: the exponential's constants fill the registers.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void TakeRates(float* from, nint stride, int count, int width, float* to, nint toStride)
    {
        // Beyond these the exponential of a float is nothing, or as strong a decay as the scan can show.
        TVector lowest = TSimd.Broadcast(-80), highest = TSimd.Broadcast(80), minus = TSimd.Broadcast(-1);
        for (var j = 0; j < count; j++, from += stride, to += toStride)
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
    private bool FoldsOne(Scan scan, nint token, int count)
    {
        var stride = scan.Reverse ? -scan.DecayStride : scan.DecayStride;
        var source = scan.Decay + (token * scan.DecayStride);
        var product = _oneBefore;
        (_one[0], _oneInverse[0]) = (product, 1 / product);
        for (var j = 0; j < Block; j++)
        {
            // The library's exponential of one number takes 6 ns longer than that of a vector.
            product *= j < count ? TSimd.First(TSimd.Exp(TSimd.Broadcast(MathF.Max(source[j * stride], StrongestLog)))) : 1;
            _one[j + 1] = product;
            _oneInverse[j + 1] = 1 / product;
        }

        var least = MathF.Min(_one[Block], _oneInverse[Block]);
        _isScaled = least < LeastBeforeScaling;
        return !(least < LeastDecay);
    }
}
