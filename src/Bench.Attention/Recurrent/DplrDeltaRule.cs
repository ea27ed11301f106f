using System.ComponentModel.DataAnnotations;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;

namespace Bench.Attention.Recurrent;

/// <summary>Options of Generalised delta rule.</summary>
public sealed record DplrDeltaRuleOptions
{
    /// <summary>Factor on queries; empty means 1/√D.</summary>
    public double? Scale { get; set; }

    /// <summary>Longest chunk of the chunked form.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 64;
}

/// <summary>
/// <c>S_t = diag(e^{g_t}) S_{t−1} + b_tᵀ (a_t S_{t−1}) + k_tᵀ v_t; o_t = q_t S_t / √D</c>: a diagonal plus low-rank transition; a acts on the
/// undecayed state.
/// </summary>
/// <remarks>Peng et al., "RWKV-7 Goose with Expressive Dynamic State Evolution", arXiv:2503.14456, section 3; chunked form after arXiv:2406.06484.</remarks>
public abstract class DplrDeltaRule(AttentionSettings settings, DplrDeltaRuleOptions options) : RecurrenceOperator(settings)
{
    /// <inheritdoc />
    public override IReadOnlyList<InputSpec> Inputs =>
    [
        .. InputSpec.UnitKeys,
        new("a", "B H M D", InputKind.UnitVector), new("b", "B H M D", InputKind.UnitVector), new("g", "B H M D", InputKind.LogDecay),
    ];

    /// <inheritdoc />
    protected override int StateProducts => 4;

    /// <inheritdoc />
    protected override double Scale => options.Scale ?? base.Scale;

    /// <inheritdoc />
    protected override Recurrence Terms(AttentionInputs inputs) => new(inputs.Query, inputs.Key, inputs.Value)
    {
        LogDecay = inputs.Required("g"),
        CorrectionRead = inputs.Required("a"),
        CorrectionWrite = inputs.Required("b"),
    };
}

/// <summary>Generalised delta rule token by token.</summary>
[Attention("dplr-delta-rule/recurrent", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Generalised delta rule", Paper = "arXiv:2503.14456", Time = "O(N·D²)", Memory = "O(D²)", State = "H·D²", Reference = true)]
public sealed class RecurrentDplrDeltaRule(AttentionSettings settings, DplrDeltaRuleOptions options) : DplrDeltaRule(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => TokenForm.Instance;
}

/// <summary>Generalised delta rule chunk by chunk.</summary>
[Attention("dplr-delta-rule/chunked", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Generalised delta rule", Paper = "arXiv:2503.14456", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·D²")]
public sealed class ChunkedDplrDeltaRule(AttentionSettings settings, DplrDeltaRuleOptions options) : DplrDeltaRule(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form { get; } = new ChunkedForm(options.Chunk);
}

/// <summary>Generalised delta rule in one pass with the state in cache.</summary>
[Attention("dplr-delta-rule/fused", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Generalised delta rule", Paper = "arXiv:2503.14456", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·D²")]
public sealed class FusedDplrDeltaRule(AttentionSettings settings, DplrDeltaRuleOptions options) : DplrDeltaRule(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => FusedForm.Instance;
}
