using System.ComponentModel.DataAnnotations;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Recurrent;

/// <summary>Options of HGRN2.</summary>
public sealed record Hgrn2Options
{
    /// <summary>Longest chunk of the chunked form.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 64;
}

/// <summary>
/// <c>S_t = diag(f_t) S_{t−1} + (1 − f_t)ᵀ v_t; o_t = q_t S_t / √D</c> with <c>f = σ(k)</c>: gated linear attention whose key is what the gate forgets. The
/// named input <c>g</c>, the logarithm of a lower-bounded gate, replaces log σ(k).
/// </summary>
/// <remarks>Qin et al., "HGRN2: Gated Linear RNNs with State Expansion", arXiv:2404.07904, section 3.</remarks>
public abstract class Hgrn2(AttentionSettings settings) : RecurrenceOperator(settings)
{
    /// <inheritdoc />
    protected override bool Decays => true;

    /// <inheritdoc />
    protected override Recurrence Terms(AttentionInputs inputs)
    {
        var decay = inputs.Optional("g") ?? nn.functional.logsigmoid(inputs.Key);     // [B, H, N, D]
        return new Recurrence(inputs.Query, 1 - decay.exp(), inputs.Value) { LogDecay = decay };
    }
}

/// <summary>HGRN2 token by token.</summary>
[Attention("hgrn2/recurrent", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "HGRN2", Paper = "arXiv:2404.07904", Time = "O(N·D²)", Memory = "O(D²)", State = "H·D²", Reference = true)]
public sealed class RecurrentHgrn2(AttentionSettings settings) : Hgrn2(settings)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => TokenForm.Instance;
}

/// <summary>HGRN2 as one masked product.</summary>
[Attention("hgrn2/parallel", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "HGRN2", Paper = "arXiv:2404.07904", Time = "O(N²·D)", Memory = "O(N²)", State = "H·D²")]
public sealed class ParallelHgrn2(AttentionSettings settings) : Hgrn2(settings)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => ParallelForm.Instance;
}

/// <summary>HGRN2 chunk by chunk.</summary>
[Attention("hgrn2/chunked", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "HGRN2", Paper = "arXiv:2404.07904", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·D²")]
public sealed class ChunkedHgrn2(AttentionSettings settings, Hgrn2Options options) : Hgrn2(settings)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form { get; } = new ChunkedForm(options.Chunk);
}

/// <summary>HGRN2 in one pass with the state in cache.</summary>
[Attention("hgrn2/fused", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "HGRN2", Paper = "arXiv:2404.07904", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·D²")]
public sealed class FusedHgrn2(AttentionSettings settings) : Hgrn2(settings)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => FusedForm.Instance;
}
