using System.ComponentModel.DataAnnotations;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;

namespace Bench.Attention.Recurrent;

/// <summary>Options of DeltaNet.</summary>
public sealed record DeltaNetOptions
{
    /// <summary>Factor on queries; empty means 1/√D.</summary>
    public double? Scale { get; set; }

    /// <summary>Longest chunk of the chunked form.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 64;
}

/// <summary>
/// <c>S_t = S_{t−1} + β_t k_tᵀ (v_t − k_t S_{t−1}); o_t = q_t S_t / √D</c>: each write first takes away what the key already returns. Keys have
/// length 1.
/// </summary>
/// <remarks>Schlag et al., arXiv:2102.11174 (rule); Yang et al., "Parallelizing Linear Transformers with the Delta Rule", arXiv:2406.06484 (chunked form).</remarks>
public abstract class DeltaNet(AttentionSettings settings, DeltaNetOptions options) : RecurrenceOperator(settings)
{
    /// <inheritdoc />
    public override IReadOnlyList<InputSpec> Inputs => [.. InputSpec.UnitKeys, new("beta", "B H M", InputKind.Gate)];

    /// <inheritdoc />
    protected override int StateProducts => 3;

    /// <inheritdoc />
    protected override double Scale => options.Scale ?? base.Scale;

    /// <inheritdoc />
    protected override Recurrence Terms(AttentionInputs inputs) =>
        new(inputs.Query, inputs.Key, inputs.Value) { Strength = inputs.Required("beta").unsqueeze(-1) };
}

/// <summary>DeltaNet token by token.</summary>
[Attention("deltanet/recurrent", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "DeltaNet", Paper = "arXiv:2406.06484", Time = "O(N·D²)", Memory = "O(D²)", State = "H·D²", Reference = true)]
public sealed class RecurrentDeltaNet(AttentionSettings settings, DeltaNetOptions options) : DeltaNet(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => TokenForm.Instance;
}

/// <summary>DeltaNet chunk by chunk.</summary>
[Attention("deltanet/chunked", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "DeltaNet", Paper = "arXiv:2406.06484", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·D²")]
public sealed class ChunkedDeltaNet(AttentionSettings settings, DeltaNetOptions options) : DeltaNet(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form { get; } = new ChunkedForm(options.Chunk);
}

/// <summary>DeltaNet in one pass with the state in cache.</summary>
[Attention("deltanet/fused", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "DeltaNet", Paper = "arXiv:2406.06484", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·D²")]
public sealed class FusedDeltaNet(AttentionSettings settings, DeltaNetOptions options) : DeltaNet(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => FusedForm.Instance;
}
