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

    // A call that the compiler does not inline would put every vector register into memory.
    private static bool ReadsX
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TProgram.ReadsFirst || TProgram.ReadsMiddle || TProgram.ReadsLast;
    }

    private static bool ReadsY
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TProgram.ReadsMiddleTwice || (TProgram.ReadsFirst && (TProgram.ReadsMiddle || TProgram.ReadsLast));
    }

    /// <summary>Where left rows may lie: there are registers enough for pointers to two roles, or for four at one pitch where tokens go in pairs.</summary>
    public static LeftRows LeftRows
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TProgram.Dependence != Dependence.None ? LeftRows.SideBySide
            : GoesInPairs ? LeftRows.AnywhereAtOnePitch
            : TProgram.WritesTwice || ReadsY ? LeftRows.SideBySide
            : LeftRows.Anywhere;
    }

    private static bool GoesInPairs
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TProgram.WritesTwice && ReadsY;
    }

    /// <summary>Applies a block of four tokens.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(in ScanBlock block)
    {
        if (block.RowScale != null)
        {
            Strips<RowScale>(block);
        }
        else if (block.ColumnScale != null)
        {
            Strips<ColumnScale>(block);
        }
        else
        {
            Strips<NoScale>(block);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Strips<TScale>(in ScanBlock block)
        where TScale : IStateScale
    {
        if (GoesInPairs)
        {
            PairedStrips<TScale>(block);
        }
        else
        {
            WideStrips<TScale>(block);
        }
    }

    /// <summary>Strips of two vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WideStrips<TScale>(in ScanBlock block)
        where TScale : IStateScale
    {
        var width = TSimd.Lanes;
        nint columns = block.Columns;
        nint rows = block.Rows, write = block.PitchWrite, read = block.PitchRead;
        nint* lines = block.Lines;
        nint turn = 0, mask = block.LineMask, offset = block.LineOffset;
        for (nint c = 0; c < columns; c += 2 * width)
        {
            if (TProgram.Dependence != Dependence.None && c % (4 * width) == 0 && ReadsFourVectors(block))
            {
                ReadDependent(block, c);
            }

            if (TProgram.Dependence == Dependence.Delta)
            {
                ResolveFirst(block, c);
            }
            else if (TProgram.Dependence != Dependence.None)
            {
                ResolveSecond(block, c);
            }

            var right = block.Right0 + c;
            TVector a00 = TSimd.Load(right), a01 = TSimd.Load(right + width);
            right += block.Pitch0;
            TVector a10 = TSimd.Load(right), a11 = TSimd.Load(right + width);
            right += block.Pitch0;
            TVector a20 = TSimd.Load(right), a21 = TSimd.Load(right + width);
            right += block.Pitch0;
            TVector a30 = TSimd.Load(right), a31 = TSimd.Load(right + width);
            TVector b00 = default, b01 = default, b10 = default, b11 = default, b20 = default, b21 = default, b30 = default, b31 = default;
            if (TProgram.WritesTwice)
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

            TVector x00 = default, x01 = default, x10 = default, x11 = default, x20 = default, x21 = default, x30 = default, x31 = default;
            TVector y00 = default, y01 = default, y10 = default, y11 = default, y20 = default, y21 = default, y30 = default, y31 = default;
            TVector scale0 = default, scale1 = default;
            var rowScale = block.RowScale;
            if (TScale.IsByColumn)
            {
                (scale0, scale1) = (TSimd.Load(block.ColumnScale + c), TSimd.Load(block.ColumnScale + c + width));
            }

            var cell = block.State + c;
            float* l = block.Write, r = block.Read;
            for (nint d = 0; d < rows; d++, cell += columns, l++, r++)
            {
                Ahead.Prefetch((float*)(lines[turn++ & mask] + offset));
                TVector s0 = TSimd.Load(cell), s1 = TSimd.Load(cell + width);
                Token(ref s0, ref s1, l, l + rows, r, r + rows, a00, a01, b00, b01, ref x00, ref x01, ref y00, ref y01);
                float* l1 = l + write, r1 = r + read;
                Token(ref s0, ref s1, l1, l1 + rows, r1, r1 + rows, a10, a11, b10, b11, ref x10, ref x11, ref y10, ref y11);
                float* l2 = l + (2 * write), r2 = r + (2 * read);
                Token(ref s0, ref s1, l2, l2 + rows, r2, r2 + rows, a20, a21, b20, b21, ref x20, ref x21, ref y20, ref y21);
                float* l3 = l + (3 * write), r3 = r + (3 * read);
                Token(ref s0, ref s1, l3, l3 + rows, r3, r3 + rows, a30, a31, b30, b31, ref x30, ref x31, ref y30, ref y31);
                Rescale<TScale>(ref s0, ref s1, rowScale + d, scale0, scale1);
                TSimd.Store(cell, s0);
                TSimd.Store(cell + width, s1);
            }

            // No branch here either: what is done to the rows afterwards, the caller does.
            if (ReadsX)
            {
                Put(block.X + c, block.PitchX, x00, x01, x10, x11, x20, x21, x30, x31);
            }

            if (ReadsY)
            {
                Put(block.Y + c, block.PitchY, y00, y01, y10, y11, y20, y21, y30, y31);
            }
        }

        PrefetchRest(lines, turn, mask, offset);
    }

    /// <summary>Lines for which a small state had no turn.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchRest(nint* lines, nint turn, nint mask, nint offset)
    {
        for (; turn <= mask; turn++)
        {
            Ahead.Prefetch((float*)(lines[turn] + offset));
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

    /// <summary>Scales a row of a strip, where the block scales the state.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Rescale<TScale>(ref TVector s0, ref TVector s1, float* rowScale, TVector scale0, TVector scale1)
        where TScale : IStateScale
    {
        if (TScale.IsByRow)
        {
            Scale(ref s0, ref s1, rowScale);
        }
        else if (TScale.IsByColumn)
        {
            (s0, s1) = (TSimd.Multiply(s0, scale0), TSimd.Multiply(s1, scale1));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Token(
        ref TVector s0, ref TVector s1, float* left0, float* left1, float* read0, float* read1, TVector a0, TVector a1, TVector b0, TVector b1,
        ref TVector x0, ref TVector x1, ref TVector y0, ref TVector y1)
    {
        if (TProgram.ReadsFirst)
        {
            Add(ref x0, ref x1, read0, s0, s1);
        }

        Add(ref s0, ref s1, left0, a0, a1);
        if (TProgram.ReadsMiddle && TProgram.ReadsFirst)
        {
            Add(ref y0, ref y1, read1, s0, s1);
        }
        else if (TProgram.ReadsMiddle)
        {
            Add(ref x0, ref x1, read0, s0, s1);
        }

        if (TProgram.ReadsMiddleTwice)
        {
            Add(ref y0, ref y1, read1, s0, s1);
        }

        if (TProgram.WritesTwice)
        {
            Add(ref s0, ref s1, left1, b0, b1);
        }

        if (TProgram.ReadsLast && TProgram.ReadsFirst)
        {
            Add(ref y0, ref y1, read1, s0, s1);
        }
        else if (TProgram.ReadsLast)
        {
            Add(ref x0, ref x1, read0, s0, s1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(
        float* to, nint pitch, TVector x00, TVector x01, TVector x10, TVector x11, TVector x20, TVector x21, TVector x30, TVector x31)
    {
        Put(to, x00, x01);
        Put(to + pitch, x10, x11);
        Put(to + (2 * pitch), x20, x21);
        Put(to + (3 * pitch), x30, x31);
    }
}
