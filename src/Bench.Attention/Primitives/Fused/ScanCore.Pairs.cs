using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

internal static unsafe partial class ScanCore<TSimd, TVector, TProgram>
{
    /// <summary>
    /// Strips of two vectors, two tokens at a time, for two writes and two reads a token none of which depends on the state: four tokens would leave
    /// registers for strips of one vector only, and then every multiply-add waits for a factor of its own.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PairedStrips<TScale>(in ScanBlock block)
        where TScale : IStateScale
    {
        nint turn = 0;
        for (nint c = 0; c < block.Columns; c += 2 * TSimd.Lanes)
        {
            turn = Pair<NoScale>(block, c, 0, turn);
            turn = Pair<TScale>(block, c, 2, turn);
        }

        PrefetchRest(block.Lines, turn, block.LineMask, block.LineOffset);
    }

    /// <summary>Two tokens through a strip; returns whose turn it is to be asked for.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static nint Pair<TScale>(in ScanBlock block, nint c, nint first, nint turn)
        where TScale : IStateScale
    {
        var width = TSimd.Lanes;
        nint columns = block.Columns;
        nint rows = block.Rows, pitch = block.PitchWrite;
        nint* lines = block.Lines;
        nint mask = block.LineMask, offset = block.LineOffset;
        var right = block.Right0 + (first * block.Pitch0) + c;
        TVector a00 = TSimd.Load(right), a01 = TSimd.Load(right + width);
        right += block.Pitch0;
        TVector a10 = TSimd.Load(right), a11 = TSimd.Load(right + width);
        right = block.Right1 + (first * block.Pitch1) + c;
        TVector b00 = TSimd.Load(right), b01 = TSimd.Load(right + width);
        right += block.Pitch1;
        TVector b10 = TSimd.Load(right), b11 = TSimd.Load(right + width);
        TVector x00 = default, x01 = default, x10 = default, x11 = default, y00 = default, y01 = default, y10 = default, y11 = default;
        TVector scale0 = default, scale1 = default;
        var rowScale = block.RowScale;
        if (TScale.IsByColumn)
        {
            (scale0, scale1) = (TSimd.Load(block.ColumnScale + c), TSimd.Load(block.ColumnScale + c + width));
        }

        var cell = block.State + c;
        float* left0 = block.Write + (first * pitch), left1 = block.Write1 + (first * pitch);
        float* read0 = block.Read + (first * pitch), read1 = block.Read1 + (first * pitch);
        for (nint d = 0; d < rows; d++, cell += columns, left0++, left1++, read0++, read1++)
        {
            Ahead.Prefetch((float*)(lines[turn++ & mask] + offset));
            TVector s0 = TSimd.Load(cell), s1 = TSimd.Load(cell + width);
            Token(ref s0, ref s1, left0, left1, read0, read1, a00, a01, b00, b01, ref x00, ref x01, ref y00, ref y01);
            Token(
                ref s0, ref s1, left0 + pitch, left1 + pitch, read0 + pitch, read1 + pitch, a10, a11, b10, b11, ref x10, ref x11, ref y10, ref y11);
            Rescale<TScale>(ref s0, ref s1, rowScale + d, scale0, scale1);
            TSimd.Store(cell, s0);
            TSimd.Store(cell + width, s1);
        }

        Put(block.X + (first * block.PitchX) + c, block.PitchX, x00, x01, x10, x11);
        Put(block.Y + (first * block.PitchY) + c, block.PitchY, y00, y01, y10, y11);
        return turn;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* to, nint pitch, TVector x00, TVector x01, TVector x10, TVector x11)
    {
        Put(to, x00, x01);
        Put(to + pitch, x10, x11);
    }
}
