using Bench.Attention.Primitives;
using Bench.Domain.Matrix;

namespace Bench.Attention.Kernel;

/// <summary>cosFormer with causal sums in one pass, the state in cache. On CPU in float32; otherwise chunk by chunk.</summary>
/// <remarks>Qin et al., "cosFormer", arXiv:2202.08791, section 3; the kernel is ours.</remarks>
[Attention("cosformer/fused", Extensions = [AttentionPattern.CausalSelf],
    Title = "cosFormer", Paper = "arXiv:2202.08791", Time = "O(N·D²)", Memory = "O(N·D)", State = "2·H·D·(D + 1)")]
public sealed class FusedCosFormer(AttentionSettings settings, CosFormerOptions options) : CosFormerAttention(settings, options)
{
    /// <inheritdoc />
    protected override (Tensor Output, Tensor State) Causal(Tensor query, Tensor key, Tensor value, Tensor? before)
    {
        var result = FusedForm.Instance.Run(new Recurrence(query, key, value) { State = before });
        return (result.Output, result.State);
    }
}
