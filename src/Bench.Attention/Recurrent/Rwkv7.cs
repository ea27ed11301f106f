using System.ComponentModel.DataAnnotations;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;

namespace Bench.Attention.Recurrent;

/// <summary>Options of RWKV-7.</summary>
public sealed record Rwkv7Options
{
    /// <summary>Longest chunk of the chunked form.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 64;
}

/// <summary>
/// <c>S_t = diag(w_t) S_{t−1} + b_tᵀ (a_t S_{t−1}) + k_tᵀ v_t; o_t = r_t S_t</c> with <c>w_t = exp(−exp(ω_t))</c>, <c>a = −κ̂</c> and
/// <c>b = κ̂ ⊙ ι</c>: the unit key κ̂ and the in-context learning rate ι in (0, 1). The query is the receptance r.
/// </summary>
/// <remarks>Peng et al., "RWKV-7 Goose with Expressive Dynamic State Evolution", arXiv:2503.14456, section 4.</remarks>
public abstract class Rwkv7(AttentionSettings settings) : RecurrenceOperator(settings)
{
    /// <inheritdoc />
    /// <remarks>The named input <c>w</c> is ω, the logarithm of the negative log-decay; <c>a</c> and <c>b</c> may be given in place of
    /// <c>kappa</c> and <c>iclr</c>.</remarks>
    public override IReadOnlyList<InputSpec> Inputs =>
    [
        .. InputSpec.Plain,
        new("w", "B H M D", InputKind.LogDecayRate), new("kappa", "B H M D", InputKind.UnitVector), new("iclr", "B H M D", InputKind.Gate),
    ];

    /// <inheritdoc />
    protected override int StateProducts => 4;

    /// <inheritdoc />
    protected override bool Decays => true;

    /// <inheritdoc />
    protected override double Scale => 1;

    /// <inheritdoc />
    protected override Recurrence Terms(AttentionInputs inputs)
    {
        var (terms, read, write) = (new Recurrence(inputs.Query, inputs.Key, inputs.Value), inputs.Optional("a"), inputs.Optional("b"));
        return read is null && write is null
            ? terms with
            {
                FromUnitKey = true,
                LogDecay = inputs.Required("w"),
                CorrectionRead = inputs.Required("kappa"),
                CorrectionWrite = inputs.Required("iclr"),
            }
            : terms with
            {
                LogDecay = -inputs.Required("w").exp(),
                CorrectionRead = read ?? -inputs.Required("kappa"),
                CorrectionWrite = write ?? inputs.Required("kappa") * inputs.Required("iclr"),
            };
    }
}

/// <summary>RWKV-7 token by token.</summary>
[Attention("rwkv7/recurrent", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "RWKV-7", Paper = "arXiv:2503.14456", Time = "O(N·D²)", Memory = "O(D²)", State = "H·D²", Reference = true)]
public sealed class RecurrentRwkv7(AttentionSettings settings) : Rwkv7(settings)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => TokenForm.Instance;
}

/// <summary>RWKV-7 chunk by chunk.</summary>
[Attention("rwkv7/chunked", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "RWKV-7", Paper = "arXiv:2503.14456", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·D²")]
public sealed class ChunkedRwkv7(AttentionSettings settings, Rwkv7Options options) : Rwkv7(settings)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form { get; } = new ChunkedForm(options.Chunk);
}

/// <summary>RWKV-7 in one pass with the state in cache.</summary>
[Attention("rwkv7/fused", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "RWKV-7", Paper = "arXiv:2503.14456", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·D²")]
public sealed class FusedRwkv7(AttentionSettings settings) : Rwkv7(settings)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => FusedForm.Instance;
}
