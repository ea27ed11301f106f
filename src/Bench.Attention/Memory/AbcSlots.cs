using System.ComponentModel.DataAnnotations;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Memory;

/// <summary>Options of attention with bounded-memory control over slots.</summary>
public sealed record AbcSlotsOptions
{
    /// <summary>M.</summary>
    [Range(1, 4096)]
    public int Slots { get; set; } = 64;

    /// <summary>Longest chunk of the chunked form.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 64;
}

/// <summary>
/// Each slot is the softmax-weighted mean of the keys (and values) so far: <c>K_t[m] = Σ_{i ≤ t} e^{s_im} k_i / Σ_{i ≤ t} e^{s_im}</c>; a query attends to
/// the M slots by softmax.
/// </summary>
/// <remarks>
/// Peng et al., "ABC: Attention with Bounded-memory Control", arXiv:2110.02488, section 4, in its recurrent form: with z the running
/// log-sum-exp of s, slots decay by e^{z_{t−1} − z_t} and are written with weight e^{s_t − z_t}. A named input <c>g</c> replaces that decay, and then s is
/// the weight itself.
/// </remarks>
public abstract class AbcSlots(AttentionSettings settings, AbcSlotsOptions options) : SlotAttention(settings)
{
    // A logit that no sum notices and whose differences stay finite.
    private const double Excluded = -1e4;

    /// <inheritdoc />
    public override IReadOnlyList<InputSpec> Inputs => [.. InputSpec.Plain, new("s", $"B K M {options.Slots}", InputKind.Normal)];

    /// <inheritdoc />
    protected override int Slots => options.Slots;

    /// <inheritdoc />
    protected override double Scale => 1 / Math.Sqrt(Settings.HeadSize);

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) => base.StateSize(shape) + ((long)Settings.Heads * Slots);

    /// <inheritdoc />
    protected override (Tensor Weights, Tensor LogDecay) Write(AttentionInputs inputs)
    {
        if (inputs.Optional("g") is { } given)
        {
            return (inputs.Required("s"), given);
        }

        var logits = Logits(inputs);                                                  // [B, H, N, M]
        var before = inputs.InitialState?.Tensors.GetValueOrDefault("z")?.unsqueeze(2);
        var sums = before is null ? logits.logcumsumexp(2) : cat([before, logits], 2).logcumsumexp(2).narrow(2, 1, logits.shape[2]);
        var previous = cat([before ?? sums.narrow(2, 0, 1), sums.narrow(2, 0, sums.shape[2] - 1)], 2);
        return ((logits - sums).exp(), previous - sums);
    }

    /// <inheritdoc />
    protected override void KeepMore(TensorState kept, AttentionInputs inputs)
    {
        var sum = Logits(inputs).detach().logsumexp(2);                               // [B, H, M]
        kept["z"] = (kept.Tensors.TryGetValue("z", out var before) ? logaddexp(before, sum) : sum).clone();
    }

    private static Tensor Logits(AttentionInputs inputs)
    {
        var logits = inputs.Required("s");
        return inputs.KeyMask is { } mask ? logits.masked_fill(mask.logical_not().unsqueeze(1).unsqueeze(-1), Excluded) : logits;
    }
}

/// <summary>Slots of bounded memory token by token.</summary>
[Attention("abc-slots/recurrent", AttentionPattern.CausalSelf,
    Title = "ABC (slots)", Paper = "arXiv:2110.02488", Time = "O(N·M·D)", Memory = "O(M·D)", State = "H·M·(2D + 1)", Reference = true)]
public sealed class RecurrentAbcSlots(AttentionSettings settings, AbcSlotsOptions options) : AbcSlots(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => TokenForm.Instance;
}

/// <summary>Slots of bounded memory chunk by chunk.</summary>
[Attention("abc-slots/chunked", AttentionPattern.CausalSelf,
    Title = "ABC (slots)", Paper = "arXiv:2110.02488", Time = "O(N·M·D)", Memory = "O(N·M)", State = "H·M·(2D + 1)")]
public sealed class ChunkedAbcSlots(AttentionSettings settings, AbcSlotsOptions options) : AbcSlots(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form { get; } = new ChunkedForm(options.Chunk);
}
