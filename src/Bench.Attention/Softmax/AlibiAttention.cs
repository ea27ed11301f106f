using Bench.Attention.Primitives;
using Bench.Domain.Matrix;

namespace Bench.Attention.Softmax;

/// <summary>Softmax attention with linear biases for distance instead of positions: softmax(q·k/√D − slope·|i − j|). O(N²·D) time, O(N²) memory.</summary>
/// <remarks>Press et al., "Train Short, Test Long", arXiv:2108.12409; the noncausal form takes the distance to either side.</remarks>
[Attention("alibi/naive", AttentionPattern.CausalSelf, Extensions = [AttentionPattern.NoncausalSelf],
    Title = "Softmax attention with linear biases (ALiBi)", Paper = "arXiv:2108.12409", Time = "O(N²·D)", Memory = "O(N²)", State = "2·N·H·D", Reference = true)]
public sealed class AlibiAttention(AttentionSettings settings) : PairwiseAttention(settings)
{
    /// <inheritdoc />
    protected override Tensor Weights(Tensor scores, Tensor visible)
    {
        // Fewer queries than keys are the newest ones: a decode step.
        var (queries, keys) = (scores.shape[2], scores.shape[3]);
        return MaskedSoftmax.Of(scores + Alibi.Bias(Settings.Heads, queries, keys, keys - queries, scores.dtype, scores.device), visible);
    }
}
