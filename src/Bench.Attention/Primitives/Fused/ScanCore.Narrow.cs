using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

internal static unsafe partial class ScanCore<TSimd, TVector, TProgram>
{
    /// <summary>Strips of one vector, for two writes and two reads a token; none of the writes depends on the state.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void NarrowStrips<TScale>(in ScanBlock block)
        where TScale : IStateScale
    {
        nint columns = block.Columns;
        nint rows = block.Rows, write = block.PitchWrite, read = block.PitchRead;
        nint* lines = block.Lines;
        nint turn = 0, mask = block.LineMask, offset = block.LineOffset;
        for (nint c = 0; c < columns; c += TSimd.Lanes)
        {
            TVector a0 = TSimd.Load(block.Right0 + c), a1 = TSimd.Load(block.Right0 + block.Pitch0 + c);
            TVector a2 = TSimd.Load(block.Right0 + (2 * block.Pitch0) + c), a3 = TSimd.Load(block.Right0 + (3 * block.Pitch0) + c);
            TVector b0 = TSimd.Load(block.Right1 + c), b1 = TSimd.Load(block.Right1 + block.Pitch1 + c);
            TVector b2 = TSimd.Load(block.Right1 + (2 * block.Pitch1) + c), b3 = TSimd.Load(block.Right1 + (3 * block.Pitch1) + c);
            TVector x0 = default, x1 = default, x2 = default, x3 = default, y0 = default, y1 = default, y2 = default, y3 = default;
            var rowScale = block.RowScale;
            var scale = TScale.IsByColumn ? TSimd.Load(block.ColumnScale + c) : default;
            var cell = block.State + c;
            float* l = block.Write, r = block.Read;
            for (nint d = 0; d < rows; d++, cell += columns, l++, r++)
            {
                Ahead.Prefetch((float*)(lines[turn++ & mask] + offset));
                var s = TSimd.Load(cell);
                Token(ref s, l, r, rows, a0, b0, ref x0, ref y0);
                Token(ref s, l + write, r + read, rows, a1, b1, ref x1, ref y1);
                Token(ref s, l + (2 * write), r + (2 * read), rows, a2, b2, ref x2, ref y2);
                Token(ref s, l + (3 * write), r + (3 * read), rows, a3, b3, ref x3, ref y3);
                if (TScale.IsByRow)
                {
                    s = TSimd.Multiply(s, TSimd.Broadcast(rowScale[d]));
                }
                else if (TScale.IsByColumn)
                {
                    s = TSimd.Multiply(s, scale);
                }

                TSimd.Store(cell, s);
            }

            Put(block.X + c, block.PitchX, x0, x1, x2, x3);
            Put(block.Y + c, block.PitchY, y0, y1, y2, y3);
        }

        PrefetchRest(lines, turn, mask, offset);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Token(ref TVector s, float* left, float* read, nint rows, TVector a, TVector b, ref TVector x, ref TVector y)
    {
        if (TProgram.ReadsFirst)
        {
            x = TSimd.MultiplyAdd(TSimd.Broadcast(read[0]), s, x);
        }

        s = TSimd.MultiplyAdd(TSimd.Broadcast(left[0]), a, s);
        if (TProgram.ReadsMiddle)
        {
            x = TSimd.MultiplyAdd(TSimd.Broadcast(read[0]), s, x);
        }

        if (TProgram.ReadsMiddleTwice)
        {
            y = TSimd.MultiplyAdd(TSimd.Broadcast(read[rows]), s, y);
        }

        s = TSimd.MultiplyAdd(TSimd.Broadcast(left[rows]), b, s);
        if (TProgram.ReadsLast)
        {
            y = TSimd.MultiplyAdd(TSimd.Broadcast(read[rows]), s, y);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* to, nint pitch, TVector x0, TVector x1, TVector x2, TVector x3)
    {
        TSimd.Store(to, x0);
        TSimd.Store(to + pitch, x1);
        TSimd.Store(to + (2 * pitch), x2);
        TSimd.Store(to + (3 * pitch), x3);
    }
}
