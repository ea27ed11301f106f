using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Softmax;

/// <summary>
/// Softmax attention through libtorch's fused kernel (FlashAttention's tiling; its CPU form on CPU): O(N·M·D) time, O(N·D) memory.
/// </summary>
/// <remarks>Dao et al., "FlashAttention", arXiv:2205.14135. The CUDA path was never run on a GPU.</remarks>
[Attention("softmax/sdpa", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross,
    Title = "Softmax attention", Paper = "arXiv:2205.14135", Time = "O(N·M·D)", Memory = "O(N·D)", State = "2·N·H·D")]
public sealed class FusedSoftmax(AttentionSettings settings) : SoftmaxAttention(settings)
{
    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape) => new(
        Flops(shape), AttentionCost.InputOutputElements(shape), AttentionCost.OutputElements(shape));

    /// <inheritdoc />
    protected override Tensor Attend(AttentionInputs inputs, bool causal)
    {
        var (query, key, value) = (inputs.Query, Expand(inputs.Key), Expand(inputs.Value));
        var mask = inputs.KeyMask?[.., TensorIndex.None, TensorIndex.None, ..]; // [B, 1, 1, M], true = visible
        var bias = inputs.Optional("bias");
        if (causal && (mask is not null || bias is not null))
        {
            var triangle = ones(query.shape[2], key.shape[2], dtype: ScalarType.Bool, device: query.device).tril();
            mask = mask is null ? triangle : mask.logical_and(triangle);
            causal = false;
        }

        if (bias is not null && mask is not null)
        {
            mask = bias.masked_fill(mask.logical_not(), float.NegativeInfinity);
        }

        // TorchSharp spells the causal argument "is_casual".
        return nn.functional.scaled_dot_product_attention(query, key, value, attn_mask: mask ?? bias, p: training ? Settings.Dropout : 0, is_casual: causal);
    }
}
