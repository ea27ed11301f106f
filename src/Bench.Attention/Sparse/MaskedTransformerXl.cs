using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>Transformer-XL as one masked score matrix over the whole sequence: O(N²·D) time, O(N²) memory.</summary>
/// <remarks>Dai et al., arXiv:1901.02860, section 3.</remarks>
[Attention("transformer-xl/masked", AttentionPattern.CausalSelf,
    Title = "Transformer-XL segment recurrence", Paper = "arXiv:1901.02860", Time = "O(N²·D)", Memory = "O(N²)", State = "2·(M + L)·H·D", Reference = true)]
public sealed class MaskedTransformerXl(AttentionSettings settings, TransformerXlOptions options) : TransformerXl(settings, options)
{
    /// <inheritdoc />
    protected override double Scores(AttentionShape shape) => 5.0 * Settings.Heads * shape.Length * shape.Length;

    /// <inheritdoc />
    private protected override Tensor Attend(Parts parts)
    {
        long length = parts.Query.shape[2], all = parts.Keys.shape[2];
        var row = arange(length, device: parts.Query.device).unsqueeze(1) + parts.Past;              // [N, 1]
        var column = arange(all, device: parts.Query.device);                                        // [P + N]
        var start = (row - parts.Past).floor_divide(Options.Segment) * Options.Segment + parts.Past; // first token of the query's segment
        var visible = column.le(row).logical_and(column.ge(start - Options.MemoryLength)).logical_and(parts.Real[.., TensorIndex.None, TensorIndex.None, ..]);
        var own = column.ge(start);                                                                  // [N, P + N]
        var distance = (row - column).clamp(min: 0).expand(parts.Query.shape[0], parts.Query.shape[1], -1, -1);
        var logits = where(own, Content(parts.Query, parts.Keys), Content(parts.Query, parts.OldKeys))
            + Positions(parts.Query, all).gather(3, distance);                                       // [B, H, N, P + N]
        var weights = MaskedSoftmax.Of(logits, visible);
        return weights.masked_fill(own.logical_not(), 0).matmul(parts.Values) + weights.masked_fill(own, 0).matmul(parts.OldValues);
    }
}
