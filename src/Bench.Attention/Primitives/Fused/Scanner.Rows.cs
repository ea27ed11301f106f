using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

internal sealed unsafe partial class Scanner<TSimd, TVector>
{
    /// <summary>Takes the left rows of all roles. A decay that is one number a token goes with them on either axis: it commutes with everything.</summary>
    /// <param name="scan">The scan.</param>
    /// <param name="block">Receives where the rows are.</param>
    /// <param name="token">First token.</param>
    /// <param name="count">Tokens.</param>
    /// <param name="step">1 or −1.</param>
    /// <param name="places">Where rows to which nothing is done may stay.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TakeLeft(Scan scan, ref ScanBlock block, nint token, int count, int step, LeftRows places)
    {
        nint pitch = LeftRoles * _rows;
        var read = _left + (2 * _rows);
        (block.PitchWrite, block.PitchRead) = (pitch, pitch);
        block.Write = _left;
        block.Write1 = _left + _rows;
        block.Read = read;
        block.Read1 = read + _rows;
        var mayStay = places != LeftRows.SideBySide && count == Block && scan.Rows == _rows
            && (scan.Axis == DecayAxis.None || (scan.Axis == DecayAxis.Columns && scan.DecayWidth > 1)) && scan.Output is not { Prepares: true };
        if (mayStay && places == LeftRows.AnywhereAtOnePitch && ArePlainAtOneStride(scan))
        {
            block.Write = Stay(scan.Write0, token, step, out block.PitchWrite);
            block.Write1 = Stay(scan.Write1, token, step, out _);
            block.Read = Stay(scan.ReadX, token, step, out block.PitchRead);
            block.Read1 = Stay(scan.ReadY, token, step, out _);
            return;
        }

        mayStay = mayStay && places == LeftRows.Anywhere;
        var (writeStays, readStays) = (mayStay && IsPlain(scan.Write0), mayStay && IsPlain(scan.ReadX));
        if (writeStays)
        {
            block.Write = Stay(scan.Write0, token, step, out block.PitchWrite);
        }

        if (readStays)
        {
            block.Read = Stay(scan.ReadX, token, step, out block.PitchRead);
        }

        if (scan.Axis == DecayAxis.Columns)
        {
            if (!writeStays)
            {
                TakeRole(scan.Write0, token, count, step, _left, pitch, scan.Rows, _rows, null, One(scan, _oneInverse, scan.Right0.AfterDecay));
            }

            if (!readStays)
            {
                TakeRole(scan.ReadX, token, count, step, read, pitch, scan.Rows, _rows, null, One(scan, _one, scan.X.AfterDecay));
            }

            TakeRole(scan.Write1, token, count, step, _left + _rows, pitch, scan.Rows, _rows, null, One(scan, _oneInverse, scan.Right1.AfterDecay));
            TakeRole(scan.ReadY, token, count, step, read + _rows, pitch, scan.Rows, _rows, null, One(scan, _one, scan.Y.AfterDecay));
            return;
        }

        if (!writeStays)
        {
            TakeLeft(scan, scan.Write0, token, count, step, _left, pitch, _inverse, _oneInverse);
        }

        if (!readStays)
        {
            TakeLeft(scan, scan.ReadX, token, count, step, read, pitch, _cumulative, _one);
        }

        TakeLeft(scan, scan.Write1, token, count, step, _left + _rows, pitch, _inverse, _oneInverse);
        TakeLeft(scan, scan.ReadY, token, count, step, read + _rows, pitch, _cumulative, _one);
    }

    /// <summary>Whether nothing is done to a role's rows when they are taken.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsPlain(in TokenRows rows) => rows.Start != null && rows.Factor == 1 && rows.TokenFactor == null && rows.Times == null && !rows.EluPlusOne;

    /// <summary>Whether the rows of all four roles may stay where they lie.</summary>
    private static bool ArePlainAtOneStride(Scan scan) =>
        IsPlain(scan.Write0) && IsPlain(scan.Write1) && IsPlain(scan.ReadX) && IsPlain(scan.ReadY)
        && scan.Write1.Stride == scan.Write0.Stride && scan.ReadX.Stride == scan.Write0.Stride && scan.ReadY.Stride == scan.Write0.Stride;

    /// <summary>A role's rows of a block where they lie.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Stay(in TokenRows rows, nint token, int step, out nint pitch)
    {
        pitch = step * rows.Stride;
        return rows.Start + (token * rows.Stride);
    }

    /// <summary>One left role where the decay, if any, acts on rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void TakeLeft(Scan scan, in TokenRows rows, nint token, int count, int step, float* to, nint pitch, float* folds, float* ones)
    {
        if (rows.Start == null)
        {
            return;
        }

        var fold = scan.Axis == DecayAxis.None || scan.DecayWidth == 1 ? null : folds + (rows.AfterDecay ? _rows : 0);
        TakeRole(rows, token, count, step, to, pitch, scan.Rows, _rows, fold, One(scan, ones, rows.AfterDecay));
    }

    /// <summary>Factors by token of a decay that is one number, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* One(Scan scan, float* factors, bool afterDecay) =>
        scan.Axis == DecayAxis.None || scan.DecayWidth > 1 ? null : factors + (afterDecay ? 1 : 0);

    /// <summary>The right rows of a role: where they lie when nothing is done to them, otherwise a copy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float* TakeRight(Scan scan, in TokenRows rows, nint token, int count, int step, float* copy, bool isWhole, out nint pitch)
    {
        pitch = _columns;
        if (rows.Start == null)
        {
            return copy;
        }

        var fold = scan.Axis == DecayAxis.Columns && scan.DecayWidth > 1 ? _inverse + (rows.AfterDecay ? _columns : 0) : null;
        if (isWhole && fold == null && IsPlain(rows))
        {
            pitch = step * rows.Stride;
            return rows.Start + (token * rows.Stride);
        }

        TakeRole(rows, token, count, step, copy, _columns, scan.Columns, _columns, fold, null);
        return copy;
    }

    /// <summary>One role's rows of a block, zeros past the end.</summary>
    /// <param name="rows">The role.</param>
    /// <param name="token">First token of the block.</param>
    /// <param name="count">Tokens in it.</param>
    /// <param name="step">1 or −1.</param>
    /// <param name="to">First row.</param>
    /// <param name="pitch">Floats from one token's row to the next.</param>
    /// <param name="width">Numbers in a row.</param>
    /// <param name="padded">The same, padded.</param>
    /// <param name="fold">Factors by token and number, or null.</param>
    /// <param name="ones">Factors by token, or null.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TakeRole(
        in TokenRows rows, nint token, int count, int step, float* to, nint pitch, int width, int padded, float* fold, float* ones)
    {
        if (rows.Start == null)
        {
            return;
        }

        var from = rows.Start + (token * rows.Stride);
        var stride = step * rows.Stride;
        var isMapped = rows.EluPlusOne && rows.Features == null;
        if (isMapped)
        {
            TakeElu(to, pitch, from, stride, count, rows.Factor, width);
            to += count * pitch;
        }
        else if (rows.EluPlusOne)
        {
            TakeElu(rows.Features + (token * width), step * width, from, stride, count, 1, width);
            from = rows.Features + (token * width);
            stride = step * width;
        }

        if (count == Block && !isMapped && rows.Times == null)
        {
            float* factors = stackalloc float[Block];
            for (var j = 0; j < Block; j++)
            {
                factors[j] = Factor(rows, token + (j * step), ones, j);
            }

            if (fold == null)
            {
                TakeScaled(to, pitch, from, stride, factors, width);
            }
            else
            {
                TakeFolded(to, pitch, from, stride, fold, padded, factors, width);
            }

            return;
        }

        for (var j = 0; j < count && !isMapped; j++, to += pitch, from += stride)
        {
            var times = rows.Times == null ? null : rows.Times + ((token + (j * step)) * rows.TimesStride);
            TakeProduct(to, from, times, fold == null ? null : fold + (j * padded), Factor(rows, token + (j * step), ones, j), width);
        }

        for (var j = count; j < Block; j++, to += pitch)
        {
            new Span<float>(to, padded).Clear();
        }
    }

    /// <summary>The factor of a whole row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Factor(in TokenRows rows, nint token, float* ones, int place)
    {
        var factor = rows.TokenFactor == null ? rows.Factor : rows.Factor * rows.TokenFactor[token];
        return ones == null ? factor : factor * ones[place];
    }

    /// <summary>Four rows times a factor each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TakeScaled(float* to, nint pitch, float* from, nint stride, float* factors, int width)
    {
        TVector scale0 = TSimd.Broadcast(factors[0]), scale1 = TSimd.Broadcast(factors[1]);
        TVector scale2 = TSimd.Broadcast(factors[2]), scale3 = TSimd.Broadcast(factors[3]);
        nint i = 0;
        for (; i + TSimd.Lanes <= width; i += TSimd.Lanes)
        {
            TSimd.Store(to + i, TSimd.Multiply(TSimd.Load(from + i), scale0));
            TSimd.Store(to + pitch + i, TSimd.Multiply(TSimd.Load(from + stride + i), scale1));
            TSimd.Store(to + (2 * pitch) + i, TSimd.Multiply(TSimd.Load(from + (2 * stride) + i), scale2));
            TSimd.Store(to + (3 * pitch) + i, TSimd.Multiply(TSimd.Load(from + (3 * stride) + i), scale3));
        }

        for (; i < width; i++)
        {
            for (var j = 0; j < Block; j++)
            {
                to[(j * pitch) + i] = from[(j * stride) + i] * factors[j];
            }
        }
    }

    /// <summary>Four rows times a factor each and factors by number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TakeFolded(float* to, nint pitch, float* from, nint stride, float* fold, nint padded, float* factors, int width)
    {
        TVector scale0 = TSimd.Broadcast(factors[0]), scale1 = TSimd.Broadcast(factors[1]);
        TVector scale2 = TSimd.Broadcast(factors[2]), scale3 = TSimd.Broadcast(factors[3]);
        nint i = 0;
        for (; i + TSimd.Lanes <= width; i += TSimd.Lanes)
        {
            TSimd.Store(to + i, Product(from + i, scale0, fold + i));
            TSimd.Store(to + pitch + i, Product(from + stride + i, scale1, fold + padded + i));
            TSimd.Store(to + (2 * pitch) + i, Product(from + (2 * stride) + i, scale2, fold + (2 * padded) + i));
            TSimd.Store(to + (3 * pitch) + i, Product(from + (3 * stride) + i, scale3, fold + (3 * padded) + i));
        }

        for (; i < width; i++)
        {
            for (var j = 0; j < Block; j++)
            {
                to[(j * pitch) + i] = from[(j * stride) + i] * factors[j] * fold[(j * padded) + i];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Product(float* from, TVector scale, float* fold) =>
        TSimd.Multiply(TSimd.Multiply(TSimd.Load(from), scale), TSimd.Load(fold));

    /// <summary>One row times a factor, and times further rows where they are given.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TakeProduct(float* to, float* from, float* times, float* fold, float factor, int width)
    {
        var scale = TSimd.Broadcast(factor);
        var i = 0;
        for (; i + TSimd.Lanes <= width; i += TSimd.Lanes)
        {
            var product = TSimd.Multiply(TSimd.Load(from + i), scale);
            product = times == null ? product : TSimd.Multiply(product, TSimd.Load(times + i));
            TSimd.Store(to + i, fold == null ? product : TSimd.Multiply(product, TSimd.Load(fold + i)));
        }

        for (; i < width; i++)
        {
            to[i] = from[i] * factor * (times == null ? 1 : times[i]) * (fold == null ? 1 : fold[i]);
        }
    }

    /// <summary>
    /// Rows through the feature map; by themselves, since the constants of the exponential fill the registers. Such rows never meet a decay, and
    /// have factors by token only where the features are kept.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void TakeElu(float* to, nint pitch, float* from, nint stride, int count, float factor, int width)
    {
        var scale = TSimd.Broadcast(factor);
        for (var j = 0; j < count; j++, to += pitch, from += stride)
        {
            var i = 0;
            for (; factor == 1 && i + TSimd.Lanes <= width; i += TSimd.Lanes)
            {
                TSimd.Store(to + i, Rows<TSimd, TVector>.EluPlusOne(TSimd.Load(from + i)));
            }

            for (; i + TSimd.Lanes <= width; i += TSimd.Lanes)
            {
                TSimd.Store(to + i, TSimd.Multiply(Rows<TSimd, TVector>.EluPlusOne(TSimd.Load(from + i)), scale));
            }

            if (i < width)
            {
                TakeEluTail(to + i, from + i, factor, width - i);
            }
        }
    }

    // The call to the scalar exponential, inlined, would put the vectors into memory.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TakeEluTail(float* to, float* from, float factor, int count)
    {
        for (var i = 0; i < count; i++)
        {
            to[i] = Rows<TSimd, TVector>.EluPlusOne(from[i], true) * factor;
        }
    }
}
