using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

/// <summary>
/// The inner loops of a scan: up to four tokens pass through the state row by row, so that every element of the state is loaded and stored
/// once for four writes and four reads, and the multiply-adds, not the memory, set the pace. Writes that depend on the state are resolved
/// within the strip of columns at hand: a read, a triangular solve of four tokens, and the strip is still in cache.
/// </summary>
internal static unsafe partial class ScanCore<TSimd, TVector, TProgram>
    where TSimd : ISimd<TVector>
    where TVector : unmanaged
    where TProgram : IScanProgram
{
    /// <summary>Tokens of a block.</summary>
    public const int Block = 4;

    /// <summary>Left vectors per token: first write, second write, read X, read Y.</summary>
    public const int LeftRoles = 4;

    private static bool ReadsX => TProgram.ReadsFirst || TProgram.ReadsMiddle || TProgram.ReadsLast;

    private static bool ReadsY => TProgram.ReadsMiddleTwice || (TProgram.ReadsFirst && (TProgram.ReadsMiddle || TProgram.ReadsLast));

    /// <summary>Applies a block of four tokens.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(in ScanBlock block)
    {
        if (TProgram.WritesTwice && ReadsY)
        {
            // Two writes and two reads of two vectors each would not leave a register for the state.
            NarrowStrips(block);
        }
        else
        {
            WideStrips(block);
        }
    }

    /// <summary>Strips of two vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WideStrips(in ScanBlock block)
    {
        var width = TSimd.Lanes;
        nint columns = block.Columns;
        nint rows = block.Rows, token = LeftRoles * rows;
        for (nint c = 0; c < columns; c += 2 * width)
        {
            var right = block.Right0 + c;
            TVector a00 = TSimd.Load(right), a01 = TSimd.Load(right + width);
            right += block.Pitch0;
            TVector a10 = TSimd.Load(right), a11 = TSimd.Load(right + width);
            right += block.Pitch0;
            TVector a20 = TSimd.Load(right), a21 = TSimd.Load(right + width);
            right += block.Pitch0;
            TVector a30 = TSimd.Load(right), a31 = TSimd.Load(right + width);
            TVector b00 = default, b01 = default, b10 = default, b11 = default, b20 = default, b21 = default, b30 = default, b31 = default;
            if (TProgram.Dependence == Dependence.None && TProgram.WritesTwice)
            {
                right = block.Right1 + c;
                (b00, b01) = (TSimd.Load(right), TSimd.Load(right + width));
                right += block.Pitch1;
                (b10, b11) = (TSimd.Load(right), TSimd.Load(right + width));
                right += block.Pitch1;
                (b20, b21) = (TSimd.Load(right), TSimd.Load(right + width));
                right += block.Pitch1;
                (b30, b31) = (TSimd.Load(right), TSimd.Load(right + width));
            }
            else if (TProgram.Dependence == Dependence.Delta)
            {
                // What is read, with its sign, goes on top of the values.
                Read(block, c, ref a00, ref a01, ref a10, ref a11, ref a20, ref a21, ref a30, ref a31);
                float* gram = block.Gram0, strength = block.Strength;
                Keep(block, 0, c, a00, a01);
                Scale(ref a00, ref a01, strength);
                Add(ref a10, ref a11, gram + 4, a00, a01);
                Keep(block, 1, c, a10, a11);
                Scale(ref a10, ref a11, strength + 1);
                Add(ref a20, ref a21, gram + 8, a00, a01);
                Add(ref a20, ref a21, gram + 9, a10, a11);
                Keep(block, 2, c, a20, a21);
                Scale(ref a20, ref a21, strength + 2);
                Add(ref a30, ref a31, gram + 12, a00, a01);
                Add(ref a30, ref a31, gram + 13, a10, a11);
                Add(ref a30, ref a31, gram + 14, a20, a21);
                Keep(block, 3, c, a30, a31);
                Scale(ref a30, ref a31, strength + 3);
            }
            else if (TProgram.Dependence != Dependence.None)
            {
                Read(block, c, ref b00, ref b01, ref b10, ref b11, ref b20, ref b21, ref b30, ref b31);
                float* gram0 = block.Gram0, gram1 = block.Gram1;
                if (IsAdjoint)
                {
                    Add(ref b00, ref b01, gram0, a00, a01);
                    Add(ref b10, ref b11, gram0 + 5, a10, a11);
                    Add(ref b20, ref b21, gram0 + 10, a20, a21);
                    Add(ref b30, ref b31, gram0 + 15, a30, a31);
                }

                Add(ref b10, ref b11, gram0 + 4, a00, a01);
                Add(ref b20, ref b21, gram0 + 8, a00, a01);
                Add(ref b20, ref b21, gram0 + 9, a10, a11);
                Add(ref b30, ref b31, gram0 + 12, a00, a01);
                Add(ref b30, ref b31, gram0 + 13, a10, a11);
                Add(ref b30, ref b31, gram0 + 14, a20, a21);
                Depend(block, 0, c, ref b00, ref b01);
                Add(ref b10, ref b11, gram1 + 4, b00, b01);
                Depend(block, 1, c, ref b10, ref b11);
                Add(ref b20, ref b21, gram1 + 8, b00, b01);
                Add(ref b20, ref b21, gram1 + 9, b10, b11);
                Depend(block, 2, c, ref b20, ref b21);
                Add(ref b30, ref b31, gram1 + 12, b00, b01);
                Add(ref b30, ref b31, gram1 + 13, b10, b11);
                Add(ref b30, ref b31, gram1 + 14, b20, b21);
                Depend(block, 3, c, ref b30, ref b31);
            }

            TVector x00 = default, x01 = default, x10 = default, x11 = default, x20 = default, x21 = default, x30 = default, x31 = default;
            TVector y00 = default, y01 = default, y10 = default, y11 = default, y20 = default, y21 = default, y30 = default, y31 = default;
            TVector scale0 = default, scale1 = default;
            float* rowScale = block.RowScale, columnScale = block.ColumnScale;
            if (columnScale != null)
            {
                (scale0, scale1) = (TSimd.Load(columnScale + c), TSimd.Load(columnScale + c + width));
            }

            var cell = block.State + c;
            var l = block.Left;
            for (nint d = 0; d < rows; d++, cell += columns, l++)
            {
                TVector s0 = TSimd.Load(cell), s1 = TSimd.Load(cell + width);
                Token(ref s0, ref s1, l, rows, a00, a01, b00, b01, ref x00, ref x01, ref y00, ref y01);
                Token(ref s0, ref s1, l + token, rows, a10, a11, b10, b11, ref x10, ref x11, ref y10, ref y11);
                Token(ref s0, ref s1, l + (2 * token), rows, a20, a21, b20, b21, ref x20, ref x21, ref y20, ref y21);
                Token(ref s0, ref s1, l + (3 * token), rows, a30, a31, b30, b31, ref x30, ref x31, ref y30, ref y31);
                if (rowScale != null)
                {
                    Scale(ref s0, ref s1, rowScale + d);
                }
                else if (columnScale != null)
                {
                    (s0, s1) = (TSimd.Multiply(s0, scale0), TSimd.Multiply(s1, scale1));
                }

                TSimd.Store(cell, s0);
                TSimd.Store(cell + width, s1);
            }

            if (ReadsX)
            {
                Put(block.X + c, block.FoldX, c, block.AddsX, x00, x01);
                Put(block.X + block.PitchX + c, block.FoldX, columns + c, block.AddsX, x10, x11);
                Put(block.X + (2 * block.PitchX) + c, block.FoldX, (2 * columns) + c, block.AddsX, x20, x21);
                Put(block.X + (3 * block.PitchX) + c, block.FoldX, (3 * columns) + c, block.AddsX, x30, x31);
            }

            if (ReadsY)
            {
                Put(block.Y + c, block.FoldY, c, block.AddsY, y00, y01);
                Put(block.Y + block.PitchY + c, block.FoldY, columns + c, block.AddsY, y10, y11);
                Put(block.Y + (2 * block.PitchY) + c, block.FoldY, (2 * columns) + c, block.AddsY, y20, y21);
                Put(block.Y + (3 * block.PitchY) + c, block.FoldY, (3 * columns) + c, block.AddsY, y30, y31);
            }
        }
    }

    private static bool IsAdjoint => TProgram.Dependence is Dependence.DeltaAdjoint or Dependence.CorrectionAdjoint;

    /// <summary>Adds what the four dependent rows read from a strip of the state.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Read(
        in ScanBlock block, nint c, ref TVector p00, ref TVector p01, ref TVector p10, ref TVector p11, ref TVector p20, ref TVector p21,
        ref TVector p30, ref TVector p31)
    {
        nint columns = block.Columns, rows = block.Rows;
        float* cell = block.State + c, left = block.Dependent;
        for (nint d = 0; d < rows; d++, cell += columns, left++)
        {
            TVector s0 = TSimd.Load(cell), s1 = TSimd.Load(cell + TSimd.Lanes);
            Add(ref p00, ref p01, left, s0, s1);
            Add(ref p10, ref p11, left + rows, s0, s1);
            Add(ref p20, ref p21, left + (2 * rows), s0, s1);
            Add(ref p30, ref p31, left + (3 * rows), s0, s1);
        }
    }

    /// <summary>From what a token read to what it writes second.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Depend(in ScanBlock block, int token, nint c, ref TVector p0, ref TVector p1)
    {
        if (TProgram.Dependence == Dependence.DeltaAdjoint)
        {
            var errors = block.Errors + (token * block.KeptPitch) + c;
            var sum = block.ErrorSums + (token * TSimd.Lanes);
            var products = TSimd.MultiplyAdd(TSimd.Load(errors + TSimd.Lanes), p1, TSimd.Multiply(TSimd.Load(errors), p0));
            TSimd.Store(sum, TSimd.Add(TSimd.Load(sum), products));
            Scale(ref p0, ref p1, block.Strength + token);
        }

        Keep(block, token, c, p0, p1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Keep(in ScanBlock block, int token, nint c, TVector p0, TVector p1)
    {
        if (block.Kept != null)
        {
            TSimd.Store(block.Kept + (token * block.KeptPitch) + c, p0);
            TSimd.Store(block.Kept + (token * block.KeptPitch) + c + TSimd.Lanes, p1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(ref TVector to0, ref TVector to1, float* factor, TVector from0, TVector from1)
    {
        var scale = TSimd.Broadcast(*factor);
        (to0, to1) = (TSimd.MultiplyAdd(scale, from0, to0), TSimd.MultiplyAdd(scale, from1, to1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scale(ref TVector x0, ref TVector x1, float* factor)
    {
        var scale = TSimd.Broadcast(*factor);
        (x0, x1) = (TSimd.Multiply(x0, scale), TSimd.Multiply(x1, scale));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Token(
        ref TVector s0, ref TVector s1, float* left, nint rows, TVector a0, TVector a1, TVector b0, TVector b1,
        ref TVector x0, ref TVector x1, ref TVector y0, ref TVector y1)
    {
        if (TProgram.ReadsFirst)
        {
            Add(ref x0, ref x1, left + (2 * rows), s0, s1);
        }

        Add(ref s0, ref s1, left, a0, a1);
        if (TProgram.ReadsMiddle && TProgram.ReadsFirst)
        {
            Add(ref y0, ref y1, left + (3 * rows), s0, s1);
        }
        else if (TProgram.ReadsMiddle)
        {
            Add(ref x0, ref x1, left + (2 * rows), s0, s1);
        }

        if (TProgram.ReadsMiddleTwice)
        {
            Add(ref y0, ref y1, left + (3 * rows), s0, s1);
        }

        if (TProgram.WritesTwice)
        {
            Add(ref s0, ref s1, left + rows, b0, b1);
        }

        if (TProgram.ReadsLast && TProgram.ReadsFirst)
        {
            Add(ref y0, ref y1, left + (3 * rows), s0, s1);
        }
        else if (TProgram.ReadsLast)
        {
            Add(ref x0, ref x1, left + (2 * rows), s0, s1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* to, float* fold, nint at, bool adds, TVector x0, TVector x1)
    {
        var width = TSimd.Lanes;
        if (fold != null)
        {
            (x0, x1) = (TSimd.Multiply(x0, TSimd.Load(fold + at)), TSimd.Multiply(x1, TSimd.Load(fold + at + width)));
        }

        if (adds)
        {
            (x0, x1) = (TSimd.Add(x0, TSimd.Load(to)), TSimd.Add(x1, TSimd.Load(to + width)));
        }

        TSimd.Store(to, x0);
        TSimd.Store(to + width, x1);
    }
}
