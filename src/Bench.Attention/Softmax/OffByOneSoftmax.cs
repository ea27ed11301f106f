using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Softmax;

/// <summary>Softmax with one more key of logit 0 and value 0: exp(s)/(1 + Σ exp(s)), so that a query may attend to nothing. O(N·M·D) time, O(N·M) memory.</summary>
/// <remarks>Xiao et al., arXiv:2309.17453, section 3.3 (SoftMax₁, a zero sink).</remarks>
[Attention("softmax-off-by-one/naive", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Softmax with a zero sink", Paper = "arXiv:2309.17453", Time = "O(N·M·D)", Memory = "O(N·M)", State = "2·N·H·D", Reference = true)]
public sealed class OffByOneSoftmax(AttentionSettings settings) : PairwiseAttention(settings)
{
    /// <inheritdoc />
    protected override Tensor Weights(Tensor scores, Tensor visible) =>
        nn.functional.pad(scores.masked_fill(visible.logical_not(), float.NegativeInfinity), [0, 1]).softmax(-1).narrow(-1, 0, scores.shape[^1]);
}
