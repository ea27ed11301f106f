using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>
/// Gated DeltaNet's layer: as DeltaNet's, with the decay <c>g = −e^A softplus(W x + bias)</c> per head and a swish gate.
/// </summary>
/// <remarks>Yang et al., arXiv:2412.06464, section 3.4; initial A = log U(0, 16), bias the inverse softplus of log-uniform(1e−3, 1e−1).</remarks>
[LayerOf("gated-deltanet")]
public sealed class GatedDeltaNetLayer : OperatorLayer
{
    private readonly DeltaLayerOptions _options;
    private readonly ConvolvedProjections _projections;
    private readonly Linear _step;
    private readonly Linear _strength;
    private readonly Linear _gate;
    private readonly Linear _output;
    private readonly RootMeanSquareNorm _norm;

    /// <summary>Wraps an operator whose heads make up the hidden states.</summary>
    public GatedDeltaNetLayer(AttentionOperator attention)
        : this(attention, new DeltaLayerOptions())
    {
    }

    /// <summary>Wraps an operator.</summary>
    public GatedDeltaNetLayer(AttentionOperator attention, DeltaLayerOptions options)
        : base(attention, options.ModelSize)
    {
        _options = options;
        var heads = Settings.Heads;
        long values = heads * Settings.ValueSize;
        register_parameter("A_log", new Parameter((rand(heads) * 16).clamp(min: 1e-4).log()));
        register_parameter("dt_bias", new Parameter(TimeStep.InverseSoftplus(heads)));
        _projections = new ConvolvedProjections(this, ModelSize, Settings, options.KeyHeads ?? heads, options.Kernel);
        _step = Project("a_proj", ModelSize, heads);
        _strength = Project("b_proj", ModelSize, heads);
        _gate = Project("g_proj", ModelSize, values);
        _norm = Norm("o_norm", Settings.ValueSize);
        _output = Project("o_proj", values, ModelSize);
    }

    /// <inheritdoc />
    protected override int Reach => _options.Kernel - 1;

    /// <inheritdoc />
    protected override AttentionInputs Split(Tensor target, Tensor source, LayerInputs inputs)
    {
        var (query, key, value) = _projections.Of(target, source);
        var decay = -get_parameter("A_log")!.exp() * nn.functional.softplus(_step.forward(source) + get_parameter("dt_bias")!, 1, 20); // [B, N, H]
        var strength = _strength.forward(source).sigmoid();                           // [B, N, H]
        return new AttentionInputs(UnitLength(query), UnitLength(key), value)
        {
            Named = new Dictionary<string, Tensor>
            {
                ["g"] = decay.transpose(1, 2),
                ["beta"] = (_options.NegativeEigenvalues ? strength * 2 : strength).transpose(1, 2),
            },
        };
    }

    /// <inheritdoc />
    protected override Tensor Merge(Tensor output, Tensor target) =>
        _output.forward(FromHeads(_norm.forward(output)) * nn.functional.silu(_gate.forward(target)));
}
