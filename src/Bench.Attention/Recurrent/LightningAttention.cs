using System.ComponentModel.DataAnnotations;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Recurrent;

/// <summary>Options of Lightning Attention.</summary>
public sealed record LightningAttentionOptions
{
    /// <summary>Whether the past is forgotten at all.</summary>
    public bool Decay { get; set; } = true;

    /// <summary>Zero-based index of the layer; deeper layers forget less.</summary>
    [Range(0, 4096)]
    public int Layer { get; set; }

    /// <summary>Layers of the model; 0 takes both from where the layer stands.</summary>
    [Range(0, 4096)]
    public int Layers { get; set; }

    /// <summary>Longest chunk of the chunked form.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 64;
}

/// <summary>
/// <c>o_i = Σ_{j ≤ i} e^{−λ_h (i − j)} (q_i·k_j) v_j</c> with fixed slopes λ as in ALiBi; no scale, no normaliser.
/// </summary>
/// <remarks>Qin et al., arXiv:2307.14995 (Lightning Attention, the parallel form) and arXiv:2401.04658 (Lightning Attention-2, the chunked form).</remarks>
public abstract class LightningAttention(AttentionSettings settings, LightningAttentionOptions options) : RecurrenceOperator(settings)
{
    private readonly double[] _slopes = options.Decay
        ? [.. Slopes(settings.Heads).Select(slope => slope * LayerFactor(settings, options))]
        : [.. Enumerable.Repeat(0.0, settings.Heads)];

    /// <inheritdoc />
    protected override bool Decays => options.Decay;

    /// <inheritdoc />
    protected override double Scale => 1;

    /// <summary>λ of each head before the layer's factor.</summary>
    public static IReadOnlyList<double> Slopes(int heads)
    {
        var power = 1 << (int)Math.Log2(heads);
        var own = Enumerable.Range(1, power).Select(h => Math.Pow(2, -8.0 * h / power));
        return [.. own, .. heads == power ? [] : Slopes(2 * power).Where((_, index) => index % 2 == 0).Take(heads - power)];
    }

    /// <inheritdoc />
    /// <remarks>Named input <c>slope</c>, <c>[H, 1, 1]</c>, replaces the slopes.</remarks>
    protected override Recurrence Terms(AttentionInputs inputs)
    {
        var slopes = inputs.Optional("slope")?.view(1, -1, 1, 1)
            ?? tensor(_slopes, dtype: inputs.Key.dtype, device: inputs.Key.device).view(1, -1, 1, 1); // [1, H, 1, 1]
        return new Recurrence(inputs.Query, inputs.Key, inputs.Value) { LogDecay = options.Decay ? -slopes : null };
    }

    /// <summary>By the options, or where they leave it open by the layer's place in the model.</summary>
    private static double LayerFactor(AttentionSettings settings, LightningAttentionOptions options)
    {
        var (layer, layers) = options.Layers > 1 ? (options.Layer, options.Layers) : (settings.Layer, settings.Depth);
        return layers > 1 ? 1 - layer / (layers - 1.0) + 1e-5 : 1;
    }
}

/// <summary>Lightning Attention token by token.</summary>
[Attention("lightning-attention/recurrent", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Lightning Attention", Paper = "arXiv:2401.04658", Time = "O(N·D²)", Memory = "O(D²)", State = "H·D²", Reference = true)]
public sealed class RecurrentLightningAttention(AttentionSettings settings, LightningAttentionOptions options) : LightningAttention(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => TokenForm.Instance;
}

/// <summary>Lightning Attention as one masked product.</summary>
[Attention("lightning-attention/parallel", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Lightning Attention", Paper = "arXiv:2401.04658", Time = "O(N²·D)", Memory = "O(N²)", State = "H·D²")]
public sealed class ParallelLightningAttention(AttentionSettings settings, LightningAttentionOptions options) : LightningAttention(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => ParallelForm.Instance;
}

/// <summary>Lightning Attention chunk by chunk.</summary>
[Attention("lightning-attention/chunked", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Lightning Attention", Paper = "arXiv:2401.04658", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·D²")]
public sealed class ChunkedLightningAttention(AttentionSettings settings, LightningAttentionOptions options) : LightningAttention(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form { get; } = new ChunkedForm(options.Chunk);
}

/// <summary>Lightning Attention in one pass with the state in cache.</summary>
[Attention("lightning-attention/fused", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Lightning Attention", Paper = "arXiv:2401.04658", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·D²")]
public sealed class FusedLightningAttention(AttentionSettings settings, LightningAttentionOptions options) : LightningAttention(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => FusedForm.Instance;
}
