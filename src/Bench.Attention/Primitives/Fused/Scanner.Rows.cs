using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

internal sealed unsafe partial class Scanner<TSimd, TVector>
{
    /// <summary>Takes the left rows of all roles. A decay that is one number a token goes with them on either axis: it commutes with everything.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TakeLeft(Scan scan, nint token, int count, int step)
    {
        nint pitch = LeftRoles * _rows;
        if (scan.Axis == DecayAxis.Columns)
        {
            TakeRole(scan.Write0, token, count, step, _left, pitch, scan.Rows, _rows, null, One(scan, _oneInverse, scan.Right0.AfterDecay));
            TakeRole(scan.Write1, token, count, step, _left + _rows, pitch, scan.Rows, _rows, null, One(scan, _oneInverse, scan.Right1.AfterDecay));
            TakeRole(scan.ReadX, token, count, step, _left + (2 * _rows), pitch, scan.Rows, _rows, null, One(scan, _one, scan.X.AfterDecay));
            TakeRole(scan.ReadY, token, count, step, _left + (3 * _rows), pitch, scan.Rows, _rows, null, One(scan, _one, scan.Y.AfterDecay));
            return;
        }

        TakeLeft(scan, scan.Write0, token, count, step, _left, pitch, _inverse, _oneInverse);
        TakeLeft(scan, scan.Write1, token, count, step, _left + _rows, pitch, _inverse, _oneInverse);
        TakeLeft(scan, scan.ReadX, token, count, step, _left + (2 * _rows), pitch, _cumulative, _one);
        TakeLeft(scan, scan.ReadY, token, count, step, _left + (3 * _rows), pitch, _cumulative, _one);
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
        if (isWhole && fold == null && rows.Start != null && rows.Factor == 1 && rows.TokenFactor == null && !rows.EluPlusOne)
        {
            pitch = step * rows.Stride;
            var start = rows.Start + (token * rows.Stride);
            Prefetch(start + (2 * Block * pitch), pitch, _columns);
            return start;
        }

        TakeRole(rows, token, count, step, copy, _columns, scan.Columns, _columns, fold, null);
        return copy;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(float* rows, nint pitch, int width)
    {
        for (var j = 0; j < Block; j++, rows += pitch)
        {
            for (var i = 0; i < width; i += 16)
            {
                Ahead.Prefetch(rows + i);
            }
        }
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
        for (var j = 0; j < count; j++, to += pitch, from += stride)
        {
            var factor = rows.TokenFactor == null ? rows.Factor : rows.Factor * rows.TokenFactor[token + (j * step)];
            factor = ones == null ? factor : factor * ones[j];
            // Rows of the block after the next are on their way while this one is computed; past the end a prefetch does nothing.
            if (rows.EluPlusOne)
            {
                TakeElu(to, from, factor, width, 2 * Block * stride);
            }
            else if (fold == null)
            {
                TakeScaled(to, from, factor, width, 2 * Block * stride);
            }
            else
            {
                TakeFolded(to, from, fold + (j * padded), factor, width, 2 * Block * stride);
            }
        }

        for (var j = count; j < Block; j++, to += pitch)
        {
            new Span<float>(to, padded).Clear();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TakeScaled(float* to, float* from, float factor, int width, nint ahead)
    {
        var scale = TSimd.Broadcast(factor);
        var i = 0;
        for (; i + TSimd.Lanes <= width; i += TSimd.Lanes)
        {
            Ahead.Prefetch(from + i + ahead);
            TSimd.Store(to + i, TSimd.Multiply(TSimd.Load(from + i), scale));
        }

        for (; i < width; i++)
        {
            to[i] = from[i] * factor;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TakeFolded(float* to, float* from, float* fold, float factor, int width, nint ahead)
    {
        var scale = TSimd.Broadcast(factor);
        var i = 0;
        for (; i + TSimd.Lanes <= width; i += TSimd.Lanes)
        {
            Ahead.Prefetch(from + i + ahead);
            TSimd.Store(to + i, TSimd.Multiply(TSimd.Multiply(TSimd.Load(from + i), scale), TSimd.Load(fold + i)));
        }

        for (; i < width; i++)
        {
            to[i] = from[i] * factor * fold[i];
        }
    }

    /// <summary>A row through the feature map; by itself, since the constants of the exponential fill the registers.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void TakeElu(float* to, float* from, float factor, int width, nint ahead)
    {
        var scale = TSimd.Broadcast(factor);
        var i = 0;
        for (; i + TSimd.Lanes <= width; i += TSimd.Lanes)
        {
            Ahead.Prefetch(from + i + ahead);
            TSimd.Store(to + i, TSimd.Multiply(Rows<TSimd, TVector>.EluPlusOne(TSimd.Load(from + i)), scale));
        }

        if (i < width)
        {
            TakeEluTail(to + i, from + i, factor, width - i);
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
