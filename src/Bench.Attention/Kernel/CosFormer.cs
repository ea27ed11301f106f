using Bench.Attention.Primitives;
using Bench.Domain.Matrix;

namespace Bench.Attention.Kernel;

/// <summary>cosFormer with causal sums by chunks of tokens as matrix products.</summary>
/// <remarks>Qin et al., "cosFormer", arXiv:2202.08791, section 3.</remarks>
[Attention("cosformer/parallel", AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross,
    Extensions = [AttentionPattern.CausalSelf, AttentionPattern.CausalCross],
    Title = "cosFormer", Paper = "arXiv:2202.08791", Time = "O(N·D²)", Memory = "O(N·D)", State = "2·H·D·(D + 1)", Reference = true)]
public sealed class CosFormer(AttentionSettings settings, CosFormerOptions options) : CosFormerAttention(settings, options)
{
    /// <inheritdoc />
    protected override (Tensor Output, Tensor State) Causal(Tensor query, Tensor key, Tensor value, Tensor? before) =>
        CausalProduct.Of(query, key, value, before);
}
