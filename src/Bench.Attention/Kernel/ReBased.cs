using System.ComponentModel.DataAnnotations;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;

namespace Bench.Attention.Kernel;

/// <summary>Options of ReBased.</summary>
public sealed record ReBasedOptions
{
    /// <summary>Whether to divide by the sum of the weights.</summary>
    public bool Normalise { get; set; } = true;

    /// <summary>Added to that sum.</summary>
    [Range(0, 1)]
    public double Epsilon { get; set; } = 1e-6;

    /// <summary>Longest chunk of the chunked form.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 64;
}

/// <summary>
/// Linear attention with weights <c>(q′·k′/√D)²</c>, where x′ = γ ⊙ LayerNorm(x) + β is learned and shared by queries and keys.
/// </summary>
/// <remarks>Aksenov et al., arXiv:2402.10644, section 4. A weight may be 0, so the epsilon must stay.</remarks>
public abstract class ReBased : LinearAttention
{
    /// <summary>Builds the operator with the kernel x².</summary>
    protected ReBased(AttentionSettings settings, ReBasedOptions options)
        : this(settings, options, new QuadraticFeatures(settings.HeadSize))
    {
    }

    private ReBased(AttentionSettings settings, ReBasedOptions options, QuadraticFeatures features)
        : base(
            settings,
            new LinearAttentionOptions { Normalise = options.Normalise, Epsilon = options.Epsilon, Chunk = options.Chunk },
            features,
            features)
    {
    }
}

/// <summary>ReBased token by token.</summary>
[Attention("rebased/recurrent",
    AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross,
    Title = "ReBased", Paper = "arXiv:2402.10644", Time = "O(N·F·D)", Memory = "O(F·D)", State = "H·D(D+1)/2·(D+1)", Reference = true)]
public sealed class RecurrentReBased(AttentionSettings settings, ReBasedOptions options) : ReBased(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => TokenForm.Instance;
}

/// <summary>ReBased as one masked product.</summary>
[Attention("rebased/parallel",
    AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross,
    Title = "ReBased", Paper = "arXiv:2402.10644", Time = "O(N²·F)", Memory = "O(N²)", State = "H·D(D+1)/2·(D+1)")]
public sealed class ParallelReBased(AttentionSettings settings, ReBasedOptions options) : ReBased(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => ParallelForm.Instance;
}

/// <summary>ReBased chunk by chunk.</summary>
[Attention("rebased/chunked",
    AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross,
    Title = "ReBased", Paper = "arXiv:2402.10644", Time = "O(N·F·D)", Memory = "O(N·F)", State = "H·D(D+1)/2·(D+1)")]
public sealed class ChunkedReBased(AttentionSettings settings, ReBasedOptions options) : ReBased(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form { get; } = new ChunkedForm(options.Chunk);
}

/// <summary>ReBased in one pass with the state in cache.</summary>
[Attention("rebased/fused",
    AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross,
    Title = "ReBased", Paper = "arXiv:2402.10644", Time = "O(N·F·D)", Memory = "O(N·F)", State = "H·D(D+1)/2·(D+1)")]
public sealed class FusedReBased(AttentionSettings settings, ReBasedOptions options) : ReBased(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => FusedForm.Instance;
}
