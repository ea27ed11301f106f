using System.ComponentModel.DataAnnotations;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;

namespace Bench.Attention.Recurrent;

/// <summary>Options of Gated DeltaNet.</summary>
public sealed record GatedDeltaNetOptions
{
    /// <summary>Factor on queries; empty means 1/√D.</summary>
    public double? Scale { get; set; }

    /// <summary>Longest chunk of the chunked form.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 64;
}

/// <summary>
/// <c>S̃ = e^{g_t} S_{t−1}; S_t = S̃ + β_t k_tᵀ (v_t − k_t S̃); o_t = q_t S_t / √D</c>: decay first, then the delta rule. Keys have length 1.
/// </summary>
/// <remarks>Yang et al., "Gated Delta Networks", arXiv:2412.06464, section 3.</remarks>
public abstract class GatedDeltaNet(AttentionSettings settings, GatedDeltaNetOptions options) : RecurrenceOperator(settings)
{
    /// <inheritdoc />
    public override IReadOnlyList<InputSpec> Inputs =>
        [.. InputSpec.UnitKeys, new("g", "B H M", InputKind.LogDecay), new("beta", "B H M", InputKind.Gate)];

    /// <inheritdoc />
    protected override int StateProducts => 3;

    /// <inheritdoc />
    protected override double Scale => options.Scale ?? base.Scale;

    /// <inheritdoc />
    protected override Recurrence Terms(AttentionInputs inputs) => new(inputs.Query, inputs.Key, inputs.Value)
    {
        LogDecay = inputs.Required("g").unsqueeze(-1),
        Strength = inputs.Required("beta").unsqueeze(-1),
    };
}

/// <summary>Gated DeltaNet token by token.</summary>
[Attention("gated-deltanet/recurrent", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Gated DeltaNet", Paper = "arXiv:2412.06464", Time = "O(N·D²)", Memory = "O(D²)", State = "H·D²", Reference = true)]
public sealed class RecurrentGatedDeltaNet(AttentionSettings settings, GatedDeltaNetOptions options) : GatedDeltaNet(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => TokenForm.Instance;
}

/// <summary>Gated DeltaNet chunk by chunk.</summary>
[Attention("gated-deltanet/chunked", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Gated DeltaNet", Paper = "arXiv:2412.06464", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·D²")]
public sealed class ChunkedGatedDeltaNet(AttentionSettings settings, GatedDeltaNetOptions options) : GatedDeltaNet(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form { get; } = new ChunkedForm(options.Chunk);
}

/// <summary>Gated DeltaNet in one pass with the state in cache.</summary>
[Attention("gated-deltanet/fused", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Gated DeltaNet", Paper = "arXiv:2412.06464", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·D²")]
public sealed class FusedGatedDeltaNet(AttentionSettings settings, GatedDeltaNetOptions options) : GatedDeltaNet(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => FusedForm.Instance;
}
