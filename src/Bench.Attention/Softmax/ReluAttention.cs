using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Softmax;

/// <summary>relu(q·k/√D)/n, n the keys that the query sees. O(N·M·D) time, O(N·M) memory.</summary>
/// <remarks>Wortsman et al., "Replacing softmax with ReLU in Vision Transformers", arXiv:2309.08586, section 3; n counts visible keys.</remarks>
[Attention("relu/naive", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "ReLU attention", Paper = "arXiv:2309.08586", Time = "O(N·M·D)", Memory = "O(N·M)", State = "2·N·H·D", Reference = true)]
public sealed class ReluAttention(AttentionSettings settings) : PairwiseAttention(settings)
{
    /// <inheritdoc />
    protected override Tensor Weights(Tensor scores, Tensor visible) =>
        nn.functional.relu(scores).masked_fill(visible.logical_not(), 0) / Count(visible, scores.dtype);
}
