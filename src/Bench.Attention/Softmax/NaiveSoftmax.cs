using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Softmax;

/// <summary>
/// softmax(q kᵀ/√D + bias) v with the score matrix in memory: O(N·M·D) time, O(N·M) memory.
/// </summary>
/// <remarks>Vaswani et al., "Attention Is All You Need", arXiv:1706.03762, section 3.2.1. A query that sees no key gives zeros.</remarks>
[Attention("softmax/naive", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross,
    Title = "Softmax attention", Paper = "arXiv:1706.03762", Time = "O(N·M·D)", Memory = "O(N·M)", State = "2·N·H·D", Reference = true)]
public sealed class NaiveSoftmax(AttentionSettings settings) : SoftmaxAttention(settings)
{
    /// <inheritdoc />
    public override Tensor? Map(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        return Probabilities(inputs, Settings.Pattern == AttentionPattern.CausalSelf).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override Tensor? Rows(AttentionInputs inputs, Tensor rows)
    {
        using var scope = NewDisposeScope();
        var query = inputs.Query.index_select(2, rows);                                                    // [B, H, R, D]
        var scores = (query / Math.Sqrt(Settings.HeadSize)).matmul(Expand(inputs.Key).transpose(-2, -1)); // [B, H, R, M]
        if (inputs.Optional("bias") is { } bias)
        {
            scores.add_(bias.expand(-1, -1, inputs.Query.shape[2], -1).index_select(2, rows));
        }

        if (Settings.Pattern == AttentionPattern.CausalSelf)
        {
            var later = arange(inputs.Key.shape[2], device: query.device).unsqueeze(0).gt(rows.unsqueeze(1)); // [R, M]
            scores.masked_fill_(later, float.NegativeInfinity);
        }

        if (inputs.KeyMask is { } mask)
        {
            scores = MaskedSoftmax.Of(scores, mask[.., TensorIndex.None, TensorIndex.None, ..].logical_and(scores.isfinite()));
            return scores.matmul(Expand(inputs.Value)).MoveToOuterDisposeScope();
        }

        return scores.softmax(-1).matmul(Expand(inputs.Value)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape) => new(
        Flops(shape),
        AttentionCost.InputOutputElements(shape),
        // Scores and probabilities at once, with the scaled queries; the output comes when the scores are gone.
        shape.Rows * (2.0 * shape.Length * shape.SourceLength + (double)shape.Length * shape.HeadSize));

    /// <inheritdoc />
    protected override Tensor Attend(AttentionInputs inputs, bool causal) =>
        nn.functional.dropout(Probabilities(inputs, causal), Settings.Dropout, training).matmul(Expand(inputs.Value));

    private Tensor Probabilities(AttentionInputs inputs, bool causal)
    {
        var (query, key) = (inputs.Query, Expand(inputs.Key));
        var scores = (query / Math.Sqrt(Settings.HeadSize)).matmul(key.transpose(-2, -1)); // [B, H, N, M]
        if (inputs.Optional("bias") is { } bias)
        {
            scores.add_(bias);
        }

        if (inputs.KeyMask is { } mask)
        {
            var visible = mask[.., TensorIndex.None, TensorIndex.None, ..];
            return MaskedSoftmax.Of(scores, causal ? visible.logical_and(Triangle(inputs)) : visible);
        }

        if (causal)
        {
            scores.masked_fill_(Triangle(inputs).logical_not(), float.NegativeInfinity);
        }

        var probabilities = scores.softmax(-1);
        scores.Dispose();
        return probabilities;
    }

    private static Tensor Triangle(AttentionInputs inputs) =>
        ones(inputs.Query.shape[2], inputs.Key.shape[2], dtype: ScalarType.Bool, device: inputs.Query.device).tril();
}
