using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>Options of the delta family's layers.</summary>
public sealed record DeltaLayerOptions
{
    /// <summary>C: width of the hidden states; H·D when null.</summary>
    public int? ModelSize { get; init; }

    /// <summary>Heads of queries and keys; each serves H / this many value heads. H when null.</summary>
    public int? KeyHeads { get; init; }

    /// <summary>Whether the output passes a swish gate (DeltaNet only; the others always have theirs).</summary>
    public bool Gate { get; init; }

    /// <summary>Whether strengths reach 2, so that the state's transition may have negative eigenvalues.</summary>
    public bool NegativeEigenvalues { get; init; }

    /// <summary>Kimi Delta Attention: lower bound of the log-decay, as <c>bound · sigmoid(e^A x)</c>; null for <c>−e^A softplus(x)</c>.</summary>
    public double? LowerBound { get; init; }

    /// <summary>K: taps of the short convolutions.</summary>
    public int Kernel { get; init; } = 4;
}

/// <summary>DeltaNet's layer: short convolutions and SiLU, keys and queries of length 1, a sigmoid strength, a norm per head.</summary>
/// <remarks>Yang et al., arXiv:2406.06484, section 3.3.</remarks>
[LayerOf("deltanet")]
public sealed class DeltaNetLayer : OperatorLayer
{
    private readonly DeltaLayerOptions _options;
    private readonly ConvolvedProjections _projections;
    private readonly Linear _strength;
    private readonly Linear? _gate;
    private readonly Linear _output;
    private readonly RootMeanSquareNorm _norm;

    /// <summary>Wraps an operator whose heads make up the hidden states.</summary>
    public DeltaNetLayer(AttentionOperator attention)
        : this(attention, new DeltaLayerOptions())
    {
    }

    /// <summary>Wraps an operator.</summary>
    public DeltaNetLayer(AttentionOperator attention, DeltaLayerOptions options)
        : base(attention, options.ModelSize)
    {
        _options = options;
        long values = Settings.Heads * Settings.ValueSize;
        _projections = new ConvolvedProjections(this, ModelSize, Settings, Settings.Heads, options.Kernel);
        _strength = Project("b_proj", ModelSize, Settings.Heads);
        _gate = options.Gate ? Project("g_proj", ModelSize, values) : null;
        _norm = Norm("o_norm", Settings.ValueSize);
        _output = Project("o_proj", values, ModelSize);
    }

    /// <inheritdoc />
    protected override int Reach => _options.Kernel - 1;

    /// <inheritdoc />
    protected override AttentionInputs Split(Tensor target, Tensor source, LayerInputs inputs)
    {
        var (query, key, value) = _projections.Of(target, source);
        var strength = _strength.forward(source).sigmoid().transpose(1, 2);           // [B, H, N]
        return new AttentionInputs(UnitLength(query), UnitLength(key), value)
        {
            Named = new Dictionary<string, Tensor> { ["beta"] = _options.NegativeEigenvalues ? strength * 2 : strength },
        };
    }

    /// <inheritdoc />
    protected override Tensor Merge(Tensor output, Tensor target)
    {
        var normal = FromHeads(_norm.forward(output));                                // [B, N, H·E]
        return _output.forward(_gate is null ? normal : normal * nn.functional.silu(_gate.forward(target)));
    }
}
