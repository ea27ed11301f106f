using System.Collections.Concurrent;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// A pattern of visible pairs that depends on positions and heads only. Its plain form masks all keys of a block of queries; its gathered form
/// reads only the keys that some head of the block sees.
/// </summary>
/// <param name="settings">Sizes and pattern.</param>
/// <param name="gathers">Whether this is the gathered form.</param>
public abstract class FixedPattern(AttentionSettings settings, bool gathers) : SparseRows(settings)
{
    private readonly ConcurrentDictionary<long, double> _pairs = new();

    /// <summary>Whether keys after the query are hidden beside what <see cref="Sees"/> says.</summary>
    protected virtual bool HidesLaterKeys => Settings.Pattern == AttentionPattern.CausalSelf;

    /// <summary>Whether query i of head h sees key j, causality aside.</summary>
    /// <param name="head">h, <c>[H, 1, 1]</c>.</param>
    /// <param name="row">i, <c>[R, 1]</c>.</param>
    /// <param name="column">j, <c>[S]</c>.</param>
    /// <param name="length">Keys in all.</param>
    /// <returns>Booleans that broadcast to <c>[H, R, S]</c>.</returns>
    protected abstract Tensor Sees(Tensor head, Tensor row, Tensor column, long length);

    /// <summary>
    /// Spans of keys, first and count, that hold all keys some head of the queries sees; they may overlap and reach beyond the sequence.
    /// </summary>
    protected abstract IEnumerable<(long First, long Count)> Spans(long firstRow, long rows, long length);

    /// <inheritdoc />
    protected override double Pairs(AttentionShape shape) => _pairs.GetOrAdd(shape.SourceLength, length =>
    {
        double pairs = 0;
        for (long at = 0; at < length; at += RowsPerBlock)
        {
            using var scope = NewDisposeScope();
            pairs += Mask(at, Math.Min(RowsPerBlock, length - at), null, length, CPU).expand(Settings.Heads, -1, -1).sum().item<long>();
        }

        return pairs;
    });

    /// <inheritdoc />
    protected override Func<long, long, RowBlocks.Strip> Strips(AttentionInputs inputs, long first)
    {
        var (length, device) = (inputs.Key.shape[2], inputs.Key.device);
        return (at, count) =>
        {
            var columns = gathers ? Columns(first + at, count, length, device) : null;
            return new RowBlocks.Strip(columns, Mask(first + at, count, columns, length, device));
        };
    }

    private Tensor Mask(long firstRow, long rows, Tensor? columns, long length, Device device)
    {
        // Positions are eight bytes each: their temporaries go before scores are made.
        using var scope = NewDisposeScope();
        var row = arange(firstRow, firstRow + rows, device: device).unsqueeze(1);
        var column = columns ?? arange(length, device: device);
        var seen = Sees(arange(Settings.Heads, device: device).view(-1, 1, 1), row, column, length);
        seen = seen.dim() == 2 ? seen.unsqueeze(0) : seen;
        return (HidesLaterKeys ? seen.logical_and(column.le(row)) : seen).MoveToOuterDisposeScope(); // [H or 1, R, S]
    }

    private Tensor Columns(long firstRow, long rows, long length, Device device)
    {
        var last = HidesLaterKeys ? Math.Min(length, firstRow + rows) : length;
        var columns = new List<long>();
        long next = 0;
        foreach (var (first, count) in Spans(firstRow, rows, length).OrderBy(span => span.First))
        {
            // Overlaps are read once: a key gathered twice would count twice.
            for (var j = Math.Max(first, next); j < Math.Min(last, first + count); j++)
            {
                columns.Add(j);
            }

            next = Math.Max(next, Math.Min(last, first + count));
        }

        return tensor(columns.ToArray(), ScalarType.Int64, device);
    }
}
