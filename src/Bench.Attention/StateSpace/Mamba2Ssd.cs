using System.ComponentModel.DataAnnotations;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;

namespace Bench.Attention.StateSpace;

/// <summary>Options of Mamba-2 (SSD).</summary>
public sealed record Mamba2SsdOptions
{
    /// <summary>Longest chunk of the chunked form.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 64;
}

/// <summary>
/// <c>S_t = e^{dt_t a_h} S_{t−1} + b_tᵀ (dt_t x_t); y_t = c_t S_t</c>: attention's q, k, v are c, b and x; one decay per head and token.
/// </summary>
/// <remarks>Dao and Gu, "Transformers are SSMs", arXiv:2405.21060, sections 5 and 6. Input <c>a</c> is dt·A, the logarithm of the decay; v is x·dt.</remarks>
public abstract class Mamba2Ssd(AttentionSettings settings) : RecurrenceOperator(settings)
{
    /// <inheritdoc />
    public override IReadOnlyList<InputSpec> Inputs => [.. InputSpec.Plain, new("a", "B H M", InputKind.LogDecay)];

    /// <inheritdoc />
    protected override double Scale => 1;

    /// <inheritdoc />
    protected override Recurrence Terms(AttentionInputs inputs) =>
        new(inputs.Query, inputs.Key, inputs.Value) { LogDecay = inputs.Required("a").unsqueeze(-1) };
}

/// <summary>Mamba-2 (SSD) token by token.</summary>
[Attention("mamba2-ssd/recurrent", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Mamba-2 (SSD)", Paper = "arXiv:2405.21060", Time = "O(N·D²)", Memory = "O(D²)", State = "H·D²", Reference = true)]
public sealed class RecurrentMamba2Ssd(AttentionSettings settings) : Mamba2Ssd(settings)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => TokenForm.Instance;
}

/// <summary>Mamba-2 (SSD) as one masked product.</summary>
[Attention("mamba2-ssd/parallel", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Mamba-2 (SSD)", Paper = "arXiv:2405.21060", Time = "O(N²·D)", Memory = "O(N²)", State = "H·D²")]
public sealed class ParallelMamba2Ssd(AttentionSettings settings) : Mamba2Ssd(settings)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => ParallelForm.Instance;
}

/// <summary>Mamba-2 (SSD) chunk by chunk.</summary>
[Attention("mamba2-ssd/chunked", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Mamba-2 (SSD)", Paper = "arXiv:2405.21060", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·D²")]
public sealed class ChunkedMamba2Ssd(AttentionSettings settings, Mamba2SsdOptions options) : Mamba2Ssd(settings)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form { get; } = new ChunkedForm(options.Chunk);
}

/// <summary>Mamba-2 (SSD) in one pass with the state in cache.</summary>
[Attention("mamba2-ssd/fused", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Mamba-2 (SSD)", Paper = "arXiv:2405.21060", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·D²")]
public sealed class FusedMamba2Ssd(AttentionSettings settings) : Mamba2Ssd(settings)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => FusedForm.Instance;
}
