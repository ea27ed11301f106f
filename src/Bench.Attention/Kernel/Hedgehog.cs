using System.ComponentModel.DataAnnotations;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;

namespace Bench.Attention.Kernel;

/// <summary>Options of Hedgehog.</summary>
public sealed record HedgehogOptions
{
    /// <summary>Added to the sum of the weights.</summary>
    [Range(0, 1)]
    public double Epsilon { get; set; } = 1e-12;

    /// <summary>Longest chunk of the chunked form.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 64;
}

/// <summary>
/// Linear attention with learned features <c>[softmax(x W), softmax(−x W)]</c> per head, made to imitate softmax attention by distillation
/// (<see cref="AttentionTransfer"/>).
/// </summary>
/// <remarks>Zhang et al., arXiv:2402.04347, section 4. Queries and keys have maps of their own; there is no 1/√D.</remarks>
public abstract class Hedgehog(AttentionSettings settings, HedgehogOptions options) : LinearAttention(
    settings,
    new LinearAttentionOptions { Epsilon = options.Epsilon, Chunk = options.Chunk },
    new HedgehogFeatures(settings.Heads, settings.HeadSize),
    new HedgehogFeatures(settings.Heads, settings.HeadSize));

/// <summary>Hedgehog token by token.</summary>
[Attention("hedgehog/recurrent",
    AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross,
    Title = "Hedgehog", Paper = "arXiv:2402.04347", Time = "O(N·F·D)", Memory = "O(F·D)", State = "H·2D·(D+1)", Reference = true)]
public sealed class RecurrentHedgehog(AttentionSettings settings, HedgehogOptions options) : Hedgehog(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => TokenForm.Instance;
}

/// <summary>Hedgehog as one masked product.</summary>
[Attention("hedgehog/parallel",
    AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross,
    Title = "Hedgehog", Paper = "arXiv:2402.04347", Time = "O(N²·F)", Memory = "O(N²)", State = "H·2D·(D+1)")]
public sealed class ParallelHedgehog(AttentionSettings settings, HedgehogOptions options) : Hedgehog(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => ParallelForm.Instance;
}

/// <summary>Hedgehog chunk by chunk.</summary>
[Attention("hedgehog/chunked",
    AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross,
    Title = "Hedgehog", Paper = "arXiv:2402.04347", Time = "O(N·F·D)", Memory = "O(N·F)", State = "H·2D·(D+1)")]
public sealed class ChunkedHedgehog(AttentionSettings settings, HedgehogOptions options) : Hedgehog(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form { get; } = new ChunkedForm(options.Chunk);
}

/// <summary>Hedgehog in one pass with the state in cache.</summary>
[Attention("hedgehog/fused",
    AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross,
    Title = "Hedgehog", Paper = "arXiv:2402.04347", Time = "O(N·F·D)", Memory = "O(N·F)", State = "H·2D·(D+1)")]
public sealed class FusedHedgehog(AttentionSettings settings, HedgehogOptions options) : Hedgehog(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => FusedForm.Instance;
}
