using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// Sliding-window attention by blocks of queries that share a strip of keys: matrix products instead of a window per query.
/// O(N·(w + c)·D) time and O(N·(w + c)) memory, w the window and c the block.
/// </summary>
/// <remarks>Beltagy et al., arXiv:2004.05150, appendix A, describe the same blocking.</remarks>
[Attention("local/blocked", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf,
    Title = "Sliding-window attention", Paper = "arXiv:2004.05150", Time = "O(N·w·D)", Memory = "O(N·(w + D))", State = "2·w·H·D")]
public sealed class BlockedLocal(AttentionSettings settings, LocalOptions options) : LocalAttention(settings, options)
{
    // A block near the reach keeps the share of hidden pairs in the strip at a half; below 32 rows the products lose their speed.
    private int Block => Math.Max(32, Left + Right);

    private int Strip => Left + Block + Right;

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape) => new(
        Flops(shape),
        AttentionCost.InputOutputElements(shape),
        shape.Rows * shape.Length * (2.0 * Strip + (double)Strip / Block * (shape.HeadSize + shape.ValueSize) + shape.HeadSize + shape.ValueSize));

    /// <inheritdoc />
    protected override Tensor Attend(Tensor query, AttentionInputs inputs)
    {
        var length = query.shape[2];
        var blocks = (length + Block - 1) / Block;
        var after = blocks * Block - length;
        var queries = nn.functional.pad(query, [0, 0, 0, after]).unflatten(2, [blocks, Block]);       // [B, H, n, c, D]
        var keys = Pad(inputs.Key, after + Right).unfold(2, Strip, Block);                             // [B, H, n, D, s]
        var values = Pad(inputs.Value, after + Right).unfold(2, Strip, Block).transpose(-2, -1);       // [B, H, n, s, Dv]
        var band = ones([Block, Strip], ScalarType.Bool, query.device).tril(Left + Right).triu();      // [c, s]
        var visible = Visible(inputs, after + Right).unfold(1, Strip, Block)[.., TensorIndex.None, .., TensorIndex.None, ..]
            .logical_and(band);                                                                        // [B, 1, n, c, s]
        var weights = MaskedSoftmax.Of(queries.matmul(keys), visible);                                 // [B, H, n, c, s]
        return weights.matmul(values).flatten(2, 3).narrow(2, 0, length);                              // [B, H, N, Dv]
    }
}
