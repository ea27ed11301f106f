using System.ComponentModel.DataAnnotations;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;

namespace Bench.Attention.Memory;

/// <summary>Options of gated slot attention.</summary>
public sealed record GatedSlotAttentionOptions
{
    /// <summary>M.</summary>
    [Range(1, 4096)]
    public int Slots { get; set; } = 64;

    /// <summary>Factor on queries; empty means 1/√D.</summary>
    public double? Scale { get; set; }

    /// <summary>Longest chunk of the chunked form.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 64;
}

/// <summary>
/// Slots that forget by a gate and take in what they forget: <c>K_t = K_{t−1} diag(α_t) + k_tᵀ (1 − α_t)</c>, the same for values, α = e^g per slot.
/// </summary>
/// <remarks>Zhang et al., "Gated Slot Attention", arXiv:2409.07146, section 3. Named input <c>s</c> replaces the write weight 1 − e^g.</remarks>
public abstract class GatedSlotAttention(AttentionSettings settings, GatedSlotAttentionOptions options) : SlotAttention(settings)
{
    /// <inheritdoc />
    public override IReadOnlyList<InputSpec> Inputs => [.. InputSpec.Plain, new("g", $"B K M {options.Slots}", InputKind.LogDecay)];

    /// <inheritdoc />
    protected override int Slots => options.Slots;

    /// <inheritdoc />
    protected override double Scale => options.Scale ?? 1 / Math.Sqrt(Settings.HeadSize);

    /// <inheritdoc />
    protected override (Tensor Weights, Tensor LogDecay) Write(AttentionInputs inputs)
    {
        var decay = inputs.Required("g");                                             // [B, H, N, M]
        return (inputs.Optional("s") ?? 1 - decay.exp(), decay);
    }
}

/// <summary>Gated slot attention token by token.</summary>
[Attention("gated-slot-attention/recurrent", AttentionPattern.CausalSelf,
    Title = "Gated slot attention", Paper = "arXiv:2409.07146", Time = "O(N·M·D)", Memory = "O(M·D)", State = "H·M·2D", Reference = true)]
public sealed class RecurrentGatedSlotAttention(AttentionSettings settings, GatedSlotAttentionOptions options) : GatedSlotAttention(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => TokenForm.Instance;
}

/// <summary>Gated slot attention chunk by chunk.</summary>
[Attention("gated-slot-attention/chunked", AttentionPattern.CausalSelf,
    Title = "Gated slot attention", Paper = "arXiv:2409.07146", Time = "O(N·M·D)", Memory = "O(N·M)", State = "H·M·2D")]
public sealed class ChunkedGatedSlotAttention(AttentionSettings settings, GatedSlotAttentionOptions options) : GatedSlotAttention(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form { get; } = new ChunkedForm(options.Chunk);
}
