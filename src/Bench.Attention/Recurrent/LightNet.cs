using System.ComponentModel.DataAnnotations;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Recurrent;

/// <summary>Options of LightNet.</summary>
public sealed record LightNetOptions
{
    /// <summary>Longest chunk of the chunked form.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 64;
}

/// <summary>
/// <c>o_t = q_t S_t / √D</c> with <c>S_t = Σ_{s ≤ t} e^{k_s − z_t} v_s</c> and <c>z_t = log Σ_{s ≤ t} e^{k_s}</c> per channel: each key channel is a running softmax
/// over the tokens. Keys are logits and must not be activated.
/// </summary>
/// <remarks>Qin et al., "You Only Scan Once", arXiv:2405.21022, section 3: an additive recurrence with decay e^{z_{t−1} − z_t} and key e^{k_t − z_t}.</remarks>
public abstract class LightNet(AttentionSettings settings) : RecurrenceOperator(settings)
{
    // A logit that no sum notices and whose differences stay finite.
    private const double Excluded = -1e4;

    /// <inheritdoc />
    protected override long ExtraState => Settings.HeadSize;

    /// <inheritdoc />
    protected override bool Decays => true;

    /// <inheritdoc />
    protected override Recurrence Terms(AttentionInputs inputs)
    {
        var logits = inputs.KeyMask is { } mask
            ? inputs.Key.masked_fill(mask.unsqueeze(1).unsqueeze(-1).logical_not(), Excluded)
            : inputs.Key;
        var before = inputs.InitialState is { } state ? state.Tensors["m"].unsqueeze(2) : null; // [B, H, 1, D]
        var sums = before is null ? logits.logcumsumexp(2) : cat([before, logits], 2).logcumsumexp(2).narrow(2, 1, logits.shape[2]);
        var first = before ?? sums.narrow(2, 0, 1);
        var previous = cat([first, sums.narrow(2, 0, sums.shape[2] - 1)], 2);         // [B, H, N, D]
        return new Recurrence(inputs.Query, (logits - sums).exp(), inputs.Value) { LogDecay = previous - sums };
    }

    /// <inheritdoc />
    protected override TensorState Keep(TensorState kept, RecurrenceResult result, AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var logits = Expand(inputs.Key);
        logits = inputs.KeyMask is { } mask ? logits.masked_fill(mask.unsqueeze(1).unsqueeze(-1).logical_not(), Excluded) : logits;
        var sum = logits.logsumexp(2);                                                // [B, H, D]
        kept["m"] = (kept.Tensors.TryGetValue("m", out var before) ? logaddexp(before, sum) : sum).clone().MoveToOuterDisposeScope();
        return base.Keep(kept, result, inputs);
    }
}

/// <summary>LightNet token by token.</summary>
[Attention("lightnet/recurrent", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "LightNet", Paper = "arXiv:2405.21022", Time = "O(N·D²)", Memory = "O(D²)", State = "H·(D² + D)", Reference = true)]
public sealed class RecurrentLightNet(AttentionSettings settings) : LightNet(settings)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => TokenForm.Instance;
}

/// <summary>LightNet as one masked product.</summary>
[Attention("lightnet/parallel", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "LightNet", Paper = "arXiv:2405.21022", Time = "O(N²·D)", Memory = "O(N²)", State = "H·(D² + D)")]
public sealed class ParallelLightNet(AttentionSettings settings) : LightNet(settings)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => ParallelForm.Instance;
}

/// <summary>LightNet chunk by chunk.</summary>
[Attention("lightnet/chunked", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "LightNet", Paper = "arXiv:2405.21022", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·(D² + D)")]
public sealed class ChunkedLightNet(AttentionSettings settings, LightNetOptions options) : LightNet(settings)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form { get; } = new ChunkedForm(options.Chunk);
}

/// <summary>LightNet in one pass with the state in cache.</summary>
[Attention("lightnet/fused", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "LightNet", Paper = "arXiv:2405.21022", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·(D² + D)")]
public sealed class FusedLightNet(AttentionSettings settings) : LightNet(settings)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => FusedForm.Instance;
}
