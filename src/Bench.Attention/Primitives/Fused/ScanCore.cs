using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

/// <summary>
/// The inner loops of a scan: up to four tokens pass through the state row by row, so that every element of the state is loaded and stored
/// once for four writes and four reads, and the multiply-adds, not the memory, set the pace.
/// </summary>
internal static unsafe class ScanCore<TSimd, TVector, TProgram>
    where TSimd : ISimd<TVector>
    where TVector : unmanaged
    where TProgram : IScanProgram
{
    /// <summary>Tokens of a block.</summary>
    public const int Block = 4;

    /// <summary>Left vectors per token: first write, second write, read X, read Y.</summary>
    public const int LeftRoles = 4;

    /// <summary>Applies a block of four tokens.</summary>
    /// <param name="state">R × C, rows of <paramref name="columns"/> floats.</param>
    /// <param name="rows">R.</param>
    /// <param name="columns">C, a multiple of two vectors.</param>
    /// <param name="rowScale">Factor of each row before the first token, or null.</param>
    /// <param name="columnScale">Factor of each column before the first token, or null.</param>
    /// <param name="left">Four tokens of four roles of R floats.</param>
    /// <param name="right0">Four rows of C: what the first write writes.</param>
    /// <param name="pitch0">Floats from one of them to the next.</param>
    /// <param name="right1">Four rows of C: what the second write writes.</param>
    /// <param name="outX">Four rows of C: receives read X.</param>
    /// <param name="pitchX">Floats from one of them to the next.</param>
    /// <param name="outY">Four rows of C: receives read Y.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(
        float* state, int rows, int columns, float* rowScale, float* columnScale, float* left,
        float* right0, nint pitch0, float* right1, float* outX, nint pitchX, float* outY)
    {
        var width = TSimd.Lanes;
        nint token = LeftRoles * rows;
        for (var c = 0; c < columns; c += 2 * width)
        {
            TVector a00 = TSimd.Load(right0 + c), a01 = TSimd.Load(right0 + c + width);
            TVector a10 = TSimd.Load(right0 + pitch0 + c), a11 = TSimd.Load(right0 + pitch0 + c + width);
            TVector a20 = TSimd.Load(right0 + (2 * pitch0) + c), a21 = TSimd.Load(right0 + (2 * pitch0) + c + width);
            TVector a30 = TSimd.Load(right0 + (3 * pitch0) + c), a31 = TSimd.Load(right0 + (3 * pitch0) + c + width);
            TVector b00 = default, b01 = default, b10 = default, b11 = default, b20 = default, b21 = default, b30 = default, b31 = default;
            if (TProgram.WritesTwice)
            {
                (b00, b01) = (TSimd.Load(right1 + c), TSimd.Load(right1 + c + width));
                (b10, b11) = (TSimd.Load(right1 + columns + c), TSimd.Load(right1 + columns + c + width));
                (b20, b21) = (TSimd.Load(right1 + (2 * columns) + c), TSimd.Load(right1 + (2 * columns) + c + width));
                (b30, b31) = (TSimd.Load(right1 + (3 * columns) + c), TSimd.Load(right1 + (3 * columns) + c + width));
            }

            TVector x00 = default, x01 = default, x10 = default, x11 = default, x20 = default, x21 = default, x30 = default, x31 = default;
            TVector y00 = default, y01 = default, y10 = default, y11 = default, y20 = default, y21 = default, y30 = default, y31 = default;
            TVector scale0 = default, scale1 = default;
            if (columnScale != null)
            {
                (scale0, scale1) = (TSimd.Load(columnScale + c), TSimd.Load(columnScale + c + width));
            }

            var cell = state + c;
            var l = left;
            for (var d = 0; d < rows; d++, cell += columns, l++)
            {
                TVector s0 = TSimd.Load(cell), s1 = TSimd.Load(cell + width);
                if (rowScale != null)
                {
                    var factor = TSimd.Broadcast(rowScale[d]);
                    (s0, s1) = (TSimd.Multiply(s0, factor), TSimd.Multiply(s1, factor));
                }
                else if (columnScale != null)
                {
                    (s0, s1) = (TSimd.Multiply(s0, scale0), TSimd.Multiply(s1, scale1));
                }

                Token(ref s0, ref s1, l, rows, a00, a01, b00, b01, ref x00, ref x01, ref y00, ref y01);
                Token(ref s0, ref s1, l + token, rows, a10, a11, b10, b11, ref x10, ref x11, ref y10, ref y11);
                Token(ref s0, ref s1, l + (2 * token), rows, a20, a21, b20, b21, ref x20, ref x21, ref y20, ref y21);
                Token(ref s0, ref s1, l + (3 * token), rows, a30, a31, b30, b31, ref x30, ref x31, ref y30, ref y31);
                TSimd.Store(cell, s0);
                TSimd.Store(cell + width, s1);
            }

            if (TProgram.ReadsFirst || TProgram.ReadsMiddle || TProgram.ReadsLast)
            {
                Put(outX + c, pitchX, width, x00, x01, x10, x11, x20, x21, x30, x31);
            }

            if (TProgram.ReadsMiddleTwice || (TProgram.ReadsFirst && (TProgram.ReadsMiddle || TProgram.ReadsLast)))
            {
                Put(outY + c, columns, width, y00, y01, y10, y11, y20, y21, y30, y31);
            }
        }
    }

    /// <summary>Four rows read from the state without a write: <c>out_j = left_j S</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Read(float* state, int rows, int columns, float* left, float* output)
    {
        var width = TSimd.Lanes;
        for (var c = 0; c < columns; c += 2 * width)
        {
            TVector x00 = default, x01 = default, x10 = default, x11 = default, x20 = default, x21 = default, x30 = default, x31 = default;
            var cell = state + c;
            for (var d = 0; d < rows; d++, cell += columns)
            {
                TVector s0 = TSimd.Load(cell), s1 = TSimd.Load(cell + width);
                var l = TSimd.Broadcast(left[d]);
                (x00, x01) = (TSimd.MultiplyAdd(l, s0, x00), TSimd.MultiplyAdd(l, s1, x01));
                l = TSimd.Broadcast(left[rows + d]);
                (x10, x11) = (TSimd.MultiplyAdd(l, s0, x10), TSimd.MultiplyAdd(l, s1, x11));
                l = TSimd.Broadcast(left[(2 * rows) + d]);
                (x20, x21) = (TSimd.MultiplyAdd(l, s0, x20), TSimd.MultiplyAdd(l, s1, x21));
                l = TSimd.Broadcast(left[(3 * rows) + d]);
                (x30, x31) = (TSimd.MultiplyAdd(l, s0, x30), TSimd.MultiplyAdd(l, s1, x31));
            }

            Put(output + c, columns, width, x00, x01, x10, x11, x20, x21, x30, x31);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Token(
        ref TVector s0, ref TVector s1, float* left, nint rows, TVector a0, TVector a1, TVector b0, TVector b1,
        ref TVector x0, ref TVector x1, ref TVector y0, ref TVector y1)
    {
        if (TProgram.ReadsFirst)
        {
            var first = TSimd.Broadcast(left[2 * rows]);
            (x0, x1) = (TSimd.MultiplyAdd(first, s0, x0), TSimd.MultiplyAdd(first, s1, x1));
        }

        var write = TSimd.Broadcast(left[0]);
        (s0, s1) = (TSimd.MultiplyAdd(write, a0, s0), TSimd.MultiplyAdd(write, a1, s1));
        if (TProgram.ReadsMiddle && TProgram.ReadsFirst)
        {
            var middle = TSimd.Broadcast(left[3 * rows]);
            (y0, y1) = (TSimd.MultiplyAdd(middle, s0, y0), TSimd.MultiplyAdd(middle, s1, y1));
        }
        else if (TProgram.ReadsMiddle)
        {
            var middle = TSimd.Broadcast(left[2 * rows]);
            (x0, x1) = (TSimd.MultiplyAdd(middle, s0, x0), TSimd.MultiplyAdd(middle, s1, x1));
        }

        if (TProgram.ReadsMiddleTwice)
        {
            var twice = TSimd.Broadcast(left[3 * rows]);
            (y0, y1) = (TSimd.MultiplyAdd(twice, s0, y0), TSimd.MultiplyAdd(twice, s1, y1));
        }

        if (TProgram.WritesTwice)
        {
            var second = TSimd.Broadcast(left[rows]);
            (s0, s1) = (TSimd.MultiplyAdd(second, b0, s0), TSimd.MultiplyAdd(second, b1, s1));
        }

        if (TProgram.ReadsLast && TProgram.ReadsFirst)
        {
            var last = TSimd.Broadcast(left[3 * rows]);
            (y0, y1) = (TSimd.MultiplyAdd(last, s0, y0), TSimd.MultiplyAdd(last, s1, y1));
        }
        else if (TProgram.ReadsLast)
        {
            var last = TSimd.Broadcast(left[2 * rows]);
            (x0, x1) = (TSimd.MultiplyAdd(last, s0, x0), TSimd.MultiplyAdd(last, s1, x1));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(
        float* output, nint columns, int width, TVector x00, TVector x01, TVector x10, TVector x11, TVector x20, TVector x21, TVector x30, TVector x31)
    {
        TSimd.Store(output, x00);
        TSimd.Store(output + width, x01);
        TSimd.Store(output + columns, x10);
        TSimd.Store(output + columns + width, x11);
        TSimd.Store(output + (2 * columns), x20);
        TSimd.Store(output + (2 * columns) + width, x21);
        TSimd.Store(output + (3 * columns), x30);
        TSimd.Store(output + (3 * columns) + width, x31);
    }
}
