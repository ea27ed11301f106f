using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// Sliding-window attention with every query's window laid out in memory: O(N·w·D) time and memory, w the window.
/// </summary>
/// <remarks>CAB, arXiv:2210.07661, section 3 (local attention); Luong et al., arXiv:1508.04025, section 3.2.</remarks>
[Attention("local/unfolded", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf,
    Title = "Sliding-window attention", Paper = "arXiv:1508.04025", Time = "O(N·w·D)", Memory = "O(N·w·D)", State = "2·w·H·D", Reference = true)]
public sealed class UnfoldedLocal(AttentionSettings settings, LocalOptions options) : LocalAttention(settings, options)
{
    private int Window => Left + 1 + Right;

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape) => new(
        Flops(shape),
        AttentionCost.InputOutputElements(shape),
        // Windows of keys and of values, both laid out by the batched products.
        shape.Rows * shape.Length * (Window * ((double)shape.HeadSize + shape.ValueSize + 2) + shape.ValueSize));

    /// <inheritdoc />
    protected override Tensor Attend(Tensor query, AttentionInputs inputs)
    {
        var keys = Pad(inputs.Key, Right).unfold(2, Window, 1);                                      // [B, H, N, D, W]
        var values = Pad(inputs.Value, Right).unfold(2, Window, 1);                                  // [B, H, N, Dv, W]
        var visible = Visible(inputs, Right).unfold(1, Window, 1)[.., TensorIndex.None, .., ..];     // [B, 1, N, W]
        var scores = query.unsqueeze(3).matmul(keys).squeeze(3);                                     // [B, H, N, W]
        var weights = MaskedSoftmax.Of(scores, visible);
        return weights.unsqueeze(3).matmul(values.transpose(-2, -1)).squeeze(3);                     // [B, H, N, Dv]
    }
}
