using System.ComponentModel.DataAnnotations;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Recurrent;

/// <summary>Options of Retention.</summary>
public sealed record RetentionOptions
{
    /// <summary>Longest chunk of the chunked form.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 64;
}

/// <summary>
/// <c>o_i = Σ_{j ≤ i} γ_h^{i − j} (q_i·k_j) v_j / √D</c> with the fixed decay <c>γ_h = 1 − 2^{−5−h}</c> of head h; without rotary embedding.
/// </summary>
/// <remarks>Sun et al., "Retentive Network", arXiv:2307.08621, sections 2.1 and 2.2. γ enters as log1p(−2^{−5−h}).</remarks>
public abstract class Retention(AttentionSettings settings) : RecurrenceOperator(settings)
{
    private readonly double[] _logDecays = [.. Enumerable.Range(0, settings.Heads).Select(head => Math.Log(1 - Math.Pow(2, -5 - head)))];

    /// <inheritdoc />
    protected override bool Decays => true;

    /// <inheritdoc />
    protected override Recurrence Terms(AttentionInputs inputs) => new(inputs.Query, inputs.Key, inputs.Value)
    {
        LogDecay = tensor(_logDecays, dtype: inputs.Key.dtype, device: inputs.Key.device).view(1, -1, 1, 1), // [1, H, 1, 1]
    };
}

/// <summary>Retention token by token.</summary>
[Attention("retention/recurrent", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Retention", Paper = "arXiv:2307.08621", Time = "O(N·D²)", Memory = "O(D²)", State = "H·D²", Reference = true)]
public sealed class RecurrentRetention(AttentionSettings settings) : Retention(settings)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => TokenForm.Instance;
}

/// <summary>Retention as one masked product.</summary>
[Attention("retention/parallel", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Retention", Paper = "arXiv:2307.08621", Time = "O(N²·D)", Memory = "O(N²)", State = "H·D²")]
public sealed class ParallelRetention(AttentionSettings settings) : Retention(settings)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => ParallelForm.Instance;
}

/// <summary>Retention chunk by chunk.</summary>
[Attention("retention/chunked", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Retention", Paper = "arXiv:2307.08621", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·D²")]
public sealed class ChunkedRetention(AttentionSettings settings, RetentionOptions options) : Retention(settings)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form { get; } = new ChunkedForm(options.Chunk);
}

/// <summary>Retention in one pass with the state in cache.</summary>
[Attention("retention/fused", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Retention", Paper = "arXiv:2307.08621", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·D²")]
public sealed class FusedRetention(AttentionSettings settings) : Retention(settings)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => FusedForm.Instance;
}
