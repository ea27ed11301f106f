using static TorchSharp.torch;

namespace Bench.Attention.Softmax;

/// <summary>
/// Attention whose weights are made from q·k/√D by something other than plain softmax: O(N·M·D) time, O(N·M) memory, key–value cache as for softmax.
/// </summary>
public abstract class PairwiseAttention(AttentionSettings settings) : SoftmaxAttention(settings)
{
    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape) => new(
        Flops(shape),
        AttentionCost.InputOutputElements(shape),
        shape.Rows * (2.0 * shape.Length * shape.SourceLength + (double)shape.Length * (shape.HeadSize + shape.ValueSize)));

    /// <inheritdoc />
    protected override Tensor Attend(AttentionInputs inputs, bool causal)
    {
        var scores = (inputs.Query / Math.Sqrt(Settings.HeadSize)).matmul(Expand(inputs.Key).transpose(-2, -1)); // [B, H, N, M]
        return Weights(scores, Visible(inputs, causal)).matmul(Expand(inputs.Value));
    }

    /// <summary>Weights from logits; zero where hidden.</summary>
    /// <param name="scores"><c>[B, H, N, M]</c>.</param>
    /// <param name="visible">Booleans that broadcast to the logits.</param>
    protected abstract Tensor Weights(Tensor scores, Tensor visible);

    /// <summary>Which pairs are visible, <c>[B or 1, 1, N, M]</c>.</summary>
    protected static Tensor Visible(AttentionInputs inputs, bool causal)
    {
        var visible = ones([1, 1, inputs.Query.shape[2], inputs.Key.shape[2]], ScalarType.Bool, inputs.Query.device);
        visible = causal ? visible.tril() : visible;
        return inputs.KeyMask is { } mask ? visible.logical_and(mask[.., TensorIndex.None, TensorIndex.None, ..]) : visible;
    }

    /// <summary>Visible keys of each query, at least 1: <c>[B or 1, 1, N, 1]</c>.</summary>
    protected static Tensor Count(Tensor visible, ScalarType dtype) => visible.sum(-1, keepdim: true).clamp(min: 1).to(dtype);
}
