using System.Numerics;
using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

/// <summary>
/// Rows of a sequence are read once, so they come from memory; the core asks for them two blocks ahead, a line a row of the state. Asked for all at once
/// when a block is taken, they wait for each other, and the arithmetic with them: there are a dozen places for lines on their way.
/// </summary>
internal sealed unsafe partial class Scanner<TSimd, TVector>
{
    private const int BlocksAhead = 2;
    private const int MostStreams = 32;

    /// <summary>Shorter sequences lie in the second cache as a rule, and finding their lines would cost more than it saves.</summary>
    private const int LeastLength = 512;

    private nint* _lines;
    private nint* _advances;
    private int _lineCount;
    private nint _lineOffset;  // bytes that all lines have moved on, where all move alike
    private nint _lineAdvance; // bytes by which a block moves all of them; 0 where they differ

    /// <summary>Room for the lines of a block: a power of two.</summary>
    private static int MostLines(int width) => (int)BitOperations.RoundUpToPowerOf2((uint)(MostStreams * Block * LinesOf(width)));

    private static int LinesOf(int width) => (width + Ahead.LineFloats - 1) / Ahead.LineFloats;

    /// <summary>Finds the lines of the block after the next of every tensor that a scan reads or writes, if there is much of them.</summary>
    private void LookAhead(Scan scan, Scanner<TSimd, TVector>? leader = null)
    {
        if (_lines == null)
        {
            _lines = (nint*)_arena.Take(2 * MostLines(Math.Max(_rows, _columns)));
            _advances = (nint*)_arena.Take(2 * MostLines(Math.Max(_rows, _columns)));
        }

        (_lineCount, _lines[0], _advances[0], _lineOffset, _lineAdvance) = (1, (nint)State, 0, 0, 0);
        if (scan.Length < LeastLength)
        {
            return;
        }

        var count = 0;
        foreach (var rows in (ReadOnlySpan<TokenRows>)[scan.Write0, scan.Write1, scan.ReadX, scan.ReadY, scan.Dependent])
        {
            LookAhead(scan, leader, ref count, rows.Start, rows.Stride, scan.Rows);
            LookAhead(scan, leader, ref count, rows.Times, rows.TimesStride, scan.Rows);
            LookAhead(scan, leader, ref count, rows.Features, scan.Rows, scan.Rows);
        }

        LookAhead(scan, leader, ref count, scan.Right0.Start, scan.Right0.Stride, scan.Columns);
        LookAhead(scan, leader, ref count, scan.Right0.Times, scan.Right0.TimesStride, scan.Columns);
        LookAhead(scan, leader, ref count, scan.Right1.Start, scan.Right1.Stride, scan.Columns);
        LookAhead(scan, leader, ref count, scan.Right1.Times, scan.Right1.TimesStride, scan.Columns);
        LookAhead(scan, leader, ref count, scan.DecayWidth > 1 ? scan.Decay : null, scan.DecayStride, scan.DecayWidth);
        foreach (var rows in scan.BesideLeft)
        {
            LookAhead(scan, leader, ref count, rows.Start, rows.Stride, scan.Rows);
        }

        foreach (var rows in scan.BesideRight)
        {
            LookAhead(scan, leader, ref count, rows.Start, rows.Stride, scan.Columns);
        }

        LookAhead(scan, leader, ref count, scan.X.Start, scan.Columns, scan.Columns);
        LookAhead(scan, leader, ref count, scan.Y.Start, scan.Columns, scan.Columns);
        LookAhead(scan, leader, ref count, scan.Kept, scan.Columns, scan.Columns);
        LookAhead(scan, leader, ref count, scan.Errors, scan.Columns, scan.Columns);
        if (count == 0)
        {
            return;
        }

        // The first lines once more fill up to a power of two.
        _lineCount = (int)BitOperations.RoundUpToPowerOf2((uint)count);
        for (var i = count; i < _lineCount; i++)
        {
            (_lines[i], _advances[i]) = (_lines[i - count], _advances[i - count]);
        }

        _lineAdvance = new ReadOnlySpan<nint>(_advances, count).ContainsAnyExcept(_advances[0]) ? 0 : _advances[0];
    }

    /// <param name="scan">The scan.</param>
    /// <param name="leader">Asks for its own rows, if this scan goes beside another.</param>
    /// <param name="count">Lines so far.</param>
    /// <param name="start">Row of token 0, or null.</param>
    /// <param name="stride">Floats to the next token's.</param>
    /// <param name="width">Floats in a row.</param>
    private void LookAhead(Scan scan, Scanner<TSimd, TVector>? leader, ref int count, float* start, nint stride, int width)
    {
        var step = scan.Reverse ? -1 : 1;
        var first = start + ((scan.First + (step * BlocksAhead * Block)) * stride);
        // Two roles may share their rows, and a row that all tokens share stays in the cache.
        if (start == null || stride == 0 || new Span<nint>(_lines, count).Contains((nint)first)
            || (leader != null && new Span<nint>(leader._lines, leader._lineCount).Contains((nint)first)))
        {
            return;
        }

        for (var j = 0; j < Block; j++)
        {
            for (var line = 0; line < LinesOf(width); line++, count++)
            {
                _lines[count] = (nint)(first + (j * step * stride) + (line * Ahead.LineFloats));
                _advances[count] = step * Block * stride * sizeof(float);
            }
        }
    }

    /// <summary>Moves the lines on by this many tokens.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Advance(int tokens)
    {
        if (_lineAdvance != 0)
        {
            _lineOffset += _lineAdvance / Block * tokens;
            return;
        }

        var i = 0;
        if (tokens == Block)
        {
            for (; i + Vector<nint>.Count <= _lineCount; i += Vector<nint>.Count)
            {
                (Vector.Load(_lines + i) + Vector.Load(_advances + i)).Store(_lines + i);
            }
        }

        for (; i < _lineCount; i++)
        {
            _lines[i] += _advances[i] / Block * tokens;
        }
    }
}
