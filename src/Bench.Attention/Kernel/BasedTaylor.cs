using System.ComponentModel.DataAnnotations;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;

namespace Bench.Attention.Kernel;

/// <summary>Options of Based.</summary>
public sealed record BasedTaylorOptions
{
    /// <summary>Whether to divide by the sum of the weights.</summary>
    public bool Normalise { get; set; } = true;

    /// <summary>Added to that sum.</summary>
    [Range(0, 1)]
    public double Epsilon { get; set; } = 1e-6;

    /// <summary>Factor in s; empty means 1/√D.</summary>
    public double? Scale { get; set; }

    /// <summary>Longest chunk of the chunked form.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 64;
}

/// <summary>
/// Linear attention with weights <c>1 + s + s²/2</c>, s = q·k/√D, the Taylor series of exp to second order.
/// </summary>
/// <remarks>Arora et al., arXiv:2402.18668, section 4. The weights are never below 1/2.</remarks>
public abstract class BasedTaylor(AttentionSettings settings, BasedTaylorOptions options) : LinearAttention(
    settings,
    new LinearAttentionOptions { Normalise = options.Normalise, Epsilon = options.Epsilon, Chunk = options.Chunk },
    new TaylorFeatures(settings.HeadSize, packed: true),
    new TaylorFeatures(settings.HeadSize, packed: true))
{
    // The features hold 1/√D; another scale goes with the query.
    private readonly double _ratio = (options.Scale ?? 1 / Math.Sqrt(settings.HeadSize)) * Math.Sqrt(settings.HeadSize);

    /// <inheritdoc />
    protected override Recurrence Terms(AttentionInputs inputs) => base.Terms(inputs with { Query = inputs.Query * _ratio });

    /// <inheritdoc />
    protected override Tensor ReadQuery(Tensor query) => base.ReadQuery(query * _ratio);
}

/// <summary>Based token by token.</summary>
[Attention("based-taylor/recurrent",
    AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross,
    Title = "Based", Paper = "arXiv:2402.18668", Time = "O(N·F·D)", Memory = "O(F·D)", State = "H·(D+1)(D+2)/2·(D+1)", Reference = true)]
public sealed class RecurrentBasedTaylor(AttentionSettings settings, BasedTaylorOptions options) : BasedTaylor(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => TokenForm.Instance;
}

/// <summary>Based as one masked product.</summary>
[Attention("based-taylor/parallel",
    AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross,
    Title = "Based", Paper = "arXiv:2402.18668", Time = "O(N²·F)", Memory = "O(N²)", State = "H·(D+1)(D+2)/2·(D+1)")]
public sealed class ParallelBasedTaylor(AttentionSettings settings, BasedTaylorOptions options) : BasedTaylor(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => ParallelForm.Instance;
}

/// <summary>Based chunk by chunk.</summary>
[Attention("based-taylor/chunked",
    AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross,
    Title = "Based", Paper = "arXiv:2402.18668", Time = "O(N·F·D)", Memory = "O(N·F)", State = "H·(D+1)(D+2)/2·(D+1)")]
public sealed class ChunkedBasedTaylor(AttentionSettings settings, BasedTaylorOptions options) : BasedTaylor(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form { get; } = new ChunkedForm(options.Chunk);
}

/// <summary>Based in one pass with the state in cache.</summary>
[Attention("based-taylor/fused",
    AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross,
    Title = "Based", Paper = "arXiv:2402.18668", Time = "O(N·F·D)", Memory = "O(N·F)", State = "H·(D+1)(D+2)/2·(D+1)")]
public sealed class FusedBasedTaylor(AttentionSettings settings, BasedTaylorOptions options) : BasedTaylor(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => FusedForm.Instance;
}
