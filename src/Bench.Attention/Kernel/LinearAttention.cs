using System.ComponentModel.DataAnnotations;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Kernel;

/// <summary>Options of linear attention.</summary>
public sealed record LinearAttentionOptions
{
    /// <summary>φ, applied to queries and keys.</summary>
    public FeatureMapKind FeatureMap { get; set; } = FeatureMapKind.Elu;

    /// <summary>Whether to divide by φ(q)·Σφ(k) + <see cref="Epsilon"/>.</summary>
    public bool Normalise { get; set; } = true;

    /// <summary>Added to the denominator.</summary>
    [Range(0, 1)]
    public double Epsilon { get; set; } = 1e-6;

    /// <summary>Factor on φ(q) in numerator and denominator.</summary>
    public double Scale { get; set; } = 1;

    /// <summary>Longest chunk of the chunked form.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 64;
}

/// <summary>
/// <c>o_i = φ(q_i) S / (φ(q_i) z + ε)</c> with <c>S = Σ φ(k_j)ᵀ v_j</c> and <c>z = Σ φ(k_j)</c> over the keys that the query may see.
/// </summary>
/// <remarks>Katharopoulos et al., "Transformers are RNNs", arXiv:2006.16236, section 3. φ = elu + 1 unless an option says otherwise.</remarks>
public abstract class LinearAttention : RecurrenceOperator
{
    private readonly FeatureMap _queryMap;
    private readonly FeatureMap _keyMap;

    /// <summary>Builds the operator; learned feature maps are drawn from torch's seed.</summary>
    protected LinearAttention(AttentionSettings settings, LinearAttentionOptions options)
        : this(settings, options, FeatureMap.Create(options.FeatureMap, settings.HeadSize), FeatureMap.Create(options.FeatureMap, settings.HeadSize))
    {
    }

    /// <summary>Builds the operator with feature maps of its own; the same one twice shares its weights.</summary>
    protected LinearAttention(AttentionSettings settings, LinearAttentionOptions options, FeatureMap queryMap, FeatureMap keyMap)
        : base(settings)
    {
        (Options, _queryMap, _keyMap) = (options, queryMap, keyMap);
        register_module("feature_map_q", _queryMap);
        if (!ReferenceEquals(queryMap, keyMap))
        {
            register_module("feature_map_k", _keyMap);
        }
    }

    /// <summary>The options.</summary>
    protected LinearAttentionOptions Options { get; }

    /// <summary>φ(q), <c>[B, H, N, F]</c>.</summary>
    public Tensor QueryFeatures(Tensor query) => _queryMap.forward(query);

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        var cost = base.Cost(shape);
        // A map to more features than a head has holds them for all tokens; one that keeps the size may be applied on the way.
        return StateRows == Settings.HeadSize ? cost : cost with
        {
            ActivationElements = cost.ActivationElements + (shape.Rows * ((double)shape.Length + shape.SourceLength) * StateRows),
        };
    }

    /// <inheritdoc />
    public override Tensor? Map(AttentionInputs inputs)
    {
        if (!Options.Normalise)
        {
            return null;
        }

        using var scope = NewDisposeScope();
        var weights = (_queryMap.forward(inputs.Query) * Scale).matmul(_keyMap.forward(Expand(inputs.Key)).transpose(-2, -1)); // [B, H, N, M]
        weights = Settings.Pattern == AttentionPattern.CausalSelf ? weights.tril() : weights;
        weights = inputs.KeyMask is { } mask ? weights.masked_fill(mask.logical_not().unsqueeze(1).unsqueeze(1), 0) : weights;
        return (weights / (weights.sum(-1, keepdim: true) + Options.Epsilon)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    protected override int StateRows => _keyMap.Features;

    /// <inheritdoc />
    protected override long ExtraState => Options.Normalise ? StateRows : 0;

    /// <inheritdoc />
    protected override double Scale => Options.Scale;

    /// <inheritdoc />
    protected override double? NormaliserEpsilon => Options.Normalise ? Options.Epsilon : null;

    /// <inheritdoc />
    protected override Recurrence Terms(AttentionInputs inputs) => _keyMap is FeatureMap.EluPlusOne
        ? new Recurrence(inputs.Query, inputs.Key, inputs.Value) { EluPlusOne = true }
        : new Recurrence(_queryMap.forward(inputs.Query), _keyMap.forward(inputs.Key), inputs.Value);

    /// <inheritdoc />
    protected override Tensor ReadQuery(Tensor query) => _queryMap.forward(query);
}

/// <summary>Linear attention token by token.</summary>
[Attention("linear-attention/recurrent",
    AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross,
    Title = "Linear attention", Paper = "arXiv:2006.16236", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·(D² + D)", Reference = true)]
public sealed class RecurrentLinearAttention(AttentionSettings settings, LinearAttentionOptions options) : LinearAttention(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => TokenForm.Instance;
}

/// <summary>Linear attention as one masked product.</summary>
[Attention("linear-attention/parallel",
    AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross,
    Title = "Linear attention", Paper = "arXiv:2006.16236", Time = "O(N²·D)", Memory = "O(N²)", State = "H·(D² + D)")]
public sealed class ParallelLinearAttention(AttentionSettings settings, LinearAttentionOptions options) : LinearAttention(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => ParallelForm.Instance;
}

/// <summary>Linear attention chunk by chunk.</summary>
[Attention("linear-attention/chunked",
    AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross,
    Title = "Linear attention", Paper = "arXiv:2006.16236", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·(D² + D)")]
public sealed class ChunkedLinearAttention(AttentionSettings settings, LinearAttentionOptions options) : LinearAttention(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form { get; } = new ChunkedForm(options.Chunk);
}

/// <summary>Linear attention in one pass with the state in cache.</summary>
[Attention("linear-attention/fused",
    AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross,
    Title = "Linear attention", Paper = "arXiv:2006.16236", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·(D² + D)")]
public sealed class FusedLinearAttention(AttentionSettings settings, LinearAttentionOptions options) : LinearAttention(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => FusedForm.Instance;
}
