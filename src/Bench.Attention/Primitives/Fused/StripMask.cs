using static TorchSharp.torch;

namespace Bench.Attention.Primitives.Fused;

/// <summary>One block of queries with the keys it reads and which of them each query sees.</summary>
internal sealed class StripMask
{
    private readonly byte[] _visible;
    private readonly int _heads;

    /// <summary>A strip that differs, if at all, from head to head.</summary>
    /// <param name="row">First query.</param>
    /// <param name="count">Queries, at most <paramref name="rows"/>.</param>
    /// <param name="columns">Positions of the keys, S of them.</param>
    /// <param name="visible">1 where visible, 0 elsewhere: <c>[heads, S, rows]</c>.</param>
    /// <param name="rows">R.</param>
    public StripMask(long row, int count, long[] columns, byte[] visible, int rows)
    {
        (Row, Count, Columns, _visible) = (row, count, columns, visible);
        _heads = columns.Length == 0 ? 1 : visible.Length / (columns.Length * rows);
    }

    /// <summary>The strip of <see cref="RowBlocks"/>; null when it has no columns of its own or differs from sequence to sequence.</summary>
    /// <param name="strip">Columns <c>[S]</c> and visibility that broadcasts to <c>[H, count, S]</c>.</param>
    /// <param name="row">First query.</param>
    /// <param name="count">Queries.</param>
    /// <param name="rows">R.</param>
    public static StripMask? Of(RowBlocks.Strip strip, long row, long count, int rows)
    {
        if (strip.Columns is null || (strip.Visible.dim() == 4 && strip.Visible.shape[0] > 1))
        {
            return null;
        }

        using var scope = NewDisposeScope();
        var visible = strip.Visible.dim() switch
        {
            2 => strip.Visible.unsqueeze(0),
            4 => strip.Visible.squeeze(0),
            _ => strip.Visible,
        };
        visible = visible.expand(visible.shape[0], count, strip.Columns.shape[0]).transpose(-2, -1);                  // [H or 1, S, T]
        var padded = nn.functional.pad(visible.to(ScalarType.Byte), [0, rows - count]).contiguous();                  // [H or 1, S, R]
        return strip.Columns.shape[0] == 0
            ? new StripMask(row, (int)count, [], [], rows)
            : new StripMask(row, (int)count, strip.Columns.data<long>().ToArray(), padded.data<byte>().ToArray(), rows);
    }

    /// <summary>First query.</summary>
    public long Row { get; }

    /// <summary>Queries.</summary>
    public int Count { get; }

    /// <summary>Positions of the keys.</summary>
    public long[] Columns { get; }

    /// <summary>What a head sees: <c>[S, R]</c>.</summary>
    public ReadOnlySpan<byte> Visible(long head)
    {
        var size = _visible.Length / _heads;
        return _visible.AsSpan((int)(_heads == 1 ? 0 : head) * size, size);
    }
}
