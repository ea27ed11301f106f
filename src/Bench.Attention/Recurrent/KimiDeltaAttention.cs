using System.ComponentModel.DataAnnotations;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;

namespace Bench.Attention.Recurrent;

/// <summary>Options of Kimi Delta Attention.</summary>
public sealed record KimiDeltaAttentionOptions
{
    /// <summary>Factor on queries; empty means 1/√D.</summary>
    public double? Scale { get; set; }

    /// <summary>Longest chunk of the chunked form.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 64;
}

/// <summary>
/// <c>S̃ = diag(e^{g_t}) S_{t−1}; S_t = S̃ + β_t k_tᵀ (v_t − k_t S̃); o_t = q_t S_t / √D</c>: Gated DeltaNet with a decay per key channel.
/// </summary>
/// <remarks>Kimi Team, "Kimi Linear", arXiv:2510.26692, section 3.</remarks>
public abstract class KimiDeltaAttention(AttentionSettings settings, KimiDeltaAttentionOptions options) : RecurrenceOperator(settings)
{
    /// <inheritdoc />
    public override IReadOnlyList<InputSpec> Inputs =>
        [.. InputSpec.UnitKeys, new("g", "B H M D", InputKind.LogDecay), new("beta", "B H M", InputKind.Gate)];

    /// <inheritdoc />
    protected override int StateProducts => 3;

    /// <inheritdoc />
    protected override double Scale => options.Scale ?? base.Scale;

    /// <inheritdoc />
    protected override Recurrence Terms(AttentionInputs inputs) => new(inputs.Query, inputs.Key, inputs.Value)
    {
        LogDecay = inputs.Required("g"),
        Strength = inputs.Required("beta").unsqueeze(-1),
    };
}

/// <summary>Kimi Delta Attention token by token.</summary>
[Attention("kimi-delta-attention/recurrent", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Kimi Delta Attention", Paper = "arXiv:2510.26692", Time = "O(N·D²)", Memory = "O(D²)", State = "H·D²", Reference = true)]
public sealed class RecurrentKimiDeltaAttention(AttentionSettings settings, KimiDeltaAttentionOptions options) : KimiDeltaAttention(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => TokenForm.Instance;
}

/// <summary>Kimi Delta Attention chunk by chunk.</summary>
[Attention("kimi-delta-attention/chunked", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Kimi Delta Attention", Paper = "arXiv:2510.26692", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·D²")]
public sealed class ChunkedKimiDeltaAttention(AttentionSettings settings, KimiDeltaAttentionOptions options) : KimiDeltaAttention(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form { get; } = new ChunkedForm(options.Chunk);
}

/// <summary>Kimi Delta Attention in one pass with the state in cache.</summary>
[Attention("kimi-delta-attention/fused", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Kimi Delta Attention", Paper = "arXiv:2510.26692", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·D²")]
public sealed class FusedKimiDeltaAttention(AttentionSettings settings, KimiDeltaAttentionOptions options) : KimiDeltaAttention(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => FusedForm.Instance;
}
