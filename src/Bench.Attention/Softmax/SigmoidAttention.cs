using Bench.Domain.Matrix;

namespace Bench.Attention.Softmax;

/// <summary>Every pair by itself: σ(q·k/√D − ln n), n the keys that the query sees. O(N·M·D) time, O(N·M) memory.</summary>
/// <remarks>Ramapuram et al., "Theory, Analysis, and Best Practices for Sigmoid Self-Attention", arXiv:2409.04431, section 2; n counts visible keys, so that causal outputs do not depend on the length.</remarks>
[Attention("sigmoid/naive", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Sigmoid attention", Paper = "arXiv:2409.04431", Time = "O(N·M·D)", Memory = "O(N·M)", State = "2·N·H·D", Reference = true)]
public sealed class SigmoidAttention(AttentionSettings settings) : PairwiseAttention(settings)
{
    /// <inheritdoc />
    protected override Tensor Weights(Tensor scores, Tensor visible) =>
        (scores - Count(visible, scores.dtype).log()).sigmoid().masked_fill(visible.logical_not(), 0);
}
