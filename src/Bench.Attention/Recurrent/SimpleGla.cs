using System.ComponentModel.DataAnnotations;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;

namespace Bench.Attention.Recurrent;

/// <summary>Options of Simple gated linear attention.</summary>
public sealed record SimpleGlaOptions
{
    /// <summary>Factor on queries; empty means 1/√D.</summary>
    public double? Scale { get; set; }

    /// <summary>Longest chunk of the chunked form.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 64;
}

/// <summary>
/// <c>S_t = e^{g_t} S_{t−1} + k_tᵀ v_t; o_t = q_t S_t / √D</c> with one data-dependent decay per head: gated linear attention with a scalar
/// gate, the core of Mamba-2.
/// </summary>
/// <remarks>Dao and Gu, arXiv:2405.21060, section 6; Yang et al., arXiv:2312.06635, with a scalar gate.</remarks>
public abstract class SimpleGla(AttentionSettings settings, SimpleGlaOptions options) : RecurrenceOperator(settings)
{
    /// <inheritdoc />
    public override IReadOnlyList<InputSpec> Inputs => [.. InputSpec.Plain, new("g", "B H M", InputKind.LogDecay)];

    /// <inheritdoc />
    protected override double Scale => options.Scale ?? base.Scale;

    /// <inheritdoc />
    protected override Recurrence Terms(AttentionInputs inputs) =>
        new(inputs.Query, inputs.Key, inputs.Value) { LogDecay = inputs.Required("g").unsqueeze(-1) };
}

/// <summary>Simple gated linear attention token by token.</summary>
[Attention("simple-gla/recurrent", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Simple gated linear attention", Paper = "arXiv:2405.21060", Time = "O(N·D²)", Memory = "O(D²)", State = "H·D²", Reference = true)]
public sealed class RecurrentSimpleGla(AttentionSettings settings, SimpleGlaOptions options) : SimpleGla(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => TokenForm.Instance;
}

/// <summary>Simple gated linear attention as one masked product.</summary>
[Attention("simple-gla/parallel", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Simple gated linear attention", Paper = "arXiv:2405.21060", Time = "O(N²·D)", Memory = "O(N²)", State = "H·D²")]
public sealed class ParallelSimpleGla(AttentionSettings settings, SimpleGlaOptions options) : SimpleGla(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => ParallelForm.Instance;
}

/// <summary>Simple gated linear attention chunk by chunk.</summary>
[Attention("simple-gla/chunked", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Simple gated linear attention", Paper = "arXiv:2405.21060", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·D²")]
public sealed class ChunkedSimpleGla(AttentionSettings settings, SimpleGlaOptions options) : SimpleGla(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form { get; } = new ChunkedForm(options.Chunk);
}

/// <summary>Simple gated linear attention in one pass with the state in cache.</summary>
[Attention("simple-gla/fused", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Simple gated linear attention", Paper = "arXiv:2405.21060", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·D²")]
public sealed class FusedSimpleGla(AttentionSettings settings, SimpleGlaOptions options) : SimpleGla(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => FusedForm.Instance;
}
