using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Softmax;

/// <summary>relu(q·k/√D)²/n, n the keys that the query sees. O(N·M·D) time, O(N·M) memory.</summary>
/// <remarks>Hua et al., "Transformer Quality in Linear Time", arXiv:2202.10447, section 2, without its gates; n counts visible keys.</remarks>
[Attention("squared-relu/naive", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Squared ReLU attention", Paper = "arXiv:2202.10447", Time = "O(N·M·D)", Memory = "O(N·M)", State = "2·N·H·D", Reference = true)]
public sealed class SquaredReluAttention(AttentionSettings settings) : PairwiseAttention(settings)
{
    /// <inheritdoc />
    protected override Tensor Weights(Tensor scores, Tensor visible) =>
        nn.functional.relu(scores).square().masked_fill(visible.logical_not(), 0) / Count(visible, scores.dtype);
}
