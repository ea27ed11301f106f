using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>Hierarchical attention with every pair's logit written out: O(N²·D·log N) time, O(N²) memory.</summary>
/// <remarks>Zhu and Soricut, arXiv:2107.11906, section 4.</remarks>
[Attention("h-transformer-1d/masked", AttentionPattern.NoncausalSelf, Extensions = [AttentionPattern.CausalSelf],
    Title = "Hierarchical attention (H-Transformer-1D)", Paper = "arXiv:2107.11906", Time = "O(N²·D·log N)", Memory = "O(N²)", State = "2·N·H·D",
    Reference = true)]
public sealed class MaskedHTransformer(AttentionSettings settings, HTransformerOptions options) : HTransformer(settings, options)
{
    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        return Whole(inputs.Query, inputs.Key, inputs.Value, inputs.KeyMask, 0).MoveToOuterDisposeScope(); // [B, H, N, Dv]
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape) => new(
        shape.Rows * Flops(shape),
        AttentionCost.InputOutputElements(shape),
        shape.Rows * (4.0 * shape.Length * shape.Length + shape.Length * (double)shape.ValueSize));
}
