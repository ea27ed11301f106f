using System.ComponentModel.DataAnnotations;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;

namespace Bench.Attention.Recurrent;

/// <summary>Options of Gated linear attention.</summary>
public sealed record GatedLinearAttentionOptions
{
    /// <summary>Factor on queries; empty means 1/√D.</summary>
    public double? Scale { get; set; }

    /// <summary>Longest chunk of the chunked form.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 64;
}

/// <summary>
/// <c>S_t = diag(e^{g_t}) S_{t−1} + k_tᵀ v_t; o_t = q_t S_t / √D</c> with a data-dependent decay per key channel.
/// </summary>
/// <remarks>Yang et al., "Gated Linear Attention Transformers with Hardware-Efficient Training", arXiv:2312.06635, section 4.</remarks>
public abstract class GatedLinearAttention(AttentionSettings settings, GatedLinearAttentionOptions options) : RecurrenceOperator(settings)
{
    /// <inheritdoc />
    public override IReadOnlyList<InputSpec> Inputs => [.. InputSpec.Plain, new("g", "B H M D", InputKind.LogDecay)];

    /// <inheritdoc />
    protected override double Scale => options.Scale ?? base.Scale;

    /// <inheritdoc />
    protected override Recurrence Terms(AttentionInputs inputs) =>
        new(inputs.Query, inputs.Key, inputs.Value) { LogDecay = inputs.Required("g") };
}

/// <summary>Gated linear attention token by token.</summary>
[Attention("gla/recurrent", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Gated linear attention", Paper = "arXiv:2312.06635", Time = "O(N·D²)", Memory = "O(D²)", State = "H·D²", Reference = true)]
public sealed class RecurrentGatedLinearAttention(AttentionSettings settings, GatedLinearAttentionOptions options) : GatedLinearAttention(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => TokenForm.Instance;
}

/// <summary>Gated linear attention as one masked product.</summary>
[Attention("gla/parallel", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Gated linear attention", Paper = "arXiv:2312.06635", Time = "O(N²·D)", Memory = "O(N²)", State = "H·D²")]
public sealed class ParallelGatedLinearAttention(AttentionSettings settings, GatedLinearAttentionOptions options) : GatedLinearAttention(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => ParallelForm.Instance;
}

/// <summary>Gated linear attention chunk by chunk.</summary>
[Attention("gla/chunked", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Gated linear attention", Paper = "arXiv:2312.06635", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·D²")]
public sealed class ChunkedGatedLinearAttention(AttentionSettings settings, GatedLinearAttentionOptions options) : GatedLinearAttention(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form { get; } = new ChunkedForm(options.Chunk);
}

/// <summary>Gated linear attention in one pass with the state in cache.</summary>
[Attention("gla/fused", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Gated linear attention", Paper = "arXiv:2312.06635", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·D²")]
public sealed class FusedGatedLinearAttention(AttentionSettings settings, GatedLinearAttentionOptions options) : GatedLinearAttention(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => FusedForm.Instance;
}
