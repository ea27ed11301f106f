using Bench.Attention.Primitives.Fused;
using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>
/// Softmax attention for a block of queries at a time, over the keys that a mechanism lets them see. Gathered keys on CPU in float32 go through the
/// fused kernel; everything else is torch's operations.
/// </summary>
public static class RowBlocks
{
    /// <summary>Which keys a block of queries reads.</summary>
    /// <param name="Columns">Positions of the keys to gather, <c>[S]</c>; null for all.</param>
    /// <param name="Visible">Which of them each query sees, broadcastable to <c>[B, H, R, S]</c>.</param>
    public sealed record Strip(Tensor? Columns, Tensor Visible);

    /// <summary>Attention block by block: no tensor is larger than a block of rows times its keys. A query that sees nothing gives zeros.</summary>
    /// <param name="query">Scaled queries, <c>[B, H, N, D]</c>.</param>
    /// <param name="key"><c>[B, Hk, M, D]</c>.</param>
    /// <param name="value"><c>[B, Hk, M, Dv]</c>.</param>
    /// <param name="mask">Padding, <c>[B, M]</c>, true where real; or null.</param>
    /// <param name="rows">R: queries a block.</param>
    /// <param name="strips">The strip of the queries from a row on, by count.</param>
    /// <returns><c>[B, H, N, Dv]</c>.</returns>
    public static Tensor Attend(Tensor query, Tensor key, Tensor value, Tensor? mask, int rows, Func<long, long, Strip> strips)
    {
        using var scope = NewDisposeScope();
        if (rows % FusedStrips.RowUnit == 0 && FusedStrips.Fits(query, key, value) && StripMask.Of(strips(0, 1), 0, 1, rows) is not null)
        {
            return FusedStrips.Run(query, key, value, mask, rows, (at, count) => StripMask.Of(strips(at, count), at, count, rows)!)
                .MoveToOuterDisposeScope();
        }

        var (length, heads) = (query.shape[2], (int)query.shape[1]);
        var outputs = new List<Tensor>();
        for (long at = 0; at < length; at += rows)
        {
            using var block = NewDisposeScope();
            var count = Math.Min(rows, length - at);
            var (columns, visible) = strips(at, count);
            Tensor Gather(Tensor all) => GroupedHeads.Expand(columns is null ? all : all.index_select(2, columns), heads);

            if (mask is not null)
            {
                var real = columns is null ? mask : mask.index_select(1, columns);
                visible = visible.logical_and(real[.., TensorIndex.None, TensorIndex.None, ..]);
            }

            var scores = query.narrow(2, at, count).matmul(Gather(key).transpose(-2, -1));      // [B, H, R, S]
            outputs.Add(MaskedSoftmax.Of(scores, visible).matmul(Gather(value)).MoveToOuterDisposeScope());
        }

        return cat(outputs, 2).MoveToOuterDisposeScope();
    }
}
