using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>
/// Kimi Delta Attention's layer: as Gated DeltaNet's, with a low-rank decay per key channel and a low-rank sigmoid gate.
/// </summary>
/// <remarks>Kimi Team, arXiv:2510.26692, section 3.3; initial A = log U(1, 16).</remarks>
[LayerOf("kimi-delta-attention")]
public sealed class KimiDeltaAttentionLayer : OperatorLayer
{
    private readonly DeltaLayerOptions _options;
    private readonly ConvolvedProjections _projections;
    private readonly Sequential _step;
    private readonly Linear _strength;
    private readonly Sequential _gate;
    private readonly Linear _output;
    private readonly RootMeanSquareNorm _norm;

    /// <summary>Wraps an operator whose heads make up the hidden states.</summary>
    public KimiDeltaAttentionLayer(AttentionOperator attention)
        : this(attention, new DeltaLayerOptions())
    {
    }

    /// <summary>Wraps an operator.</summary>
    public KimiDeltaAttentionLayer(AttentionOperator attention, DeltaLayerOptions options)
        : base(attention, options.ModelSize)
    {
        _options = options;
        var heads = Settings.Heads;
        long keys = heads * Settings.HeadSize, values = heads * Settings.ValueSize;
        register_parameter("A_log", new Parameter(options.LowerBound is null ? (rand(heads) * 15 + 1).log() : zeros(heads)));
        register_parameter("dt_bias", new Parameter(TimeStep.InverseSoftplus(keys)));
        _projections = new ConvolvedProjections(this, ModelSize, Settings, options.KeyHeads ?? heads, options.Kernel);
        _step = LowRank("f_proj", ModelSize, Settings.ValueSize, keys, bias: false);
        _strength = Project("b_proj", ModelSize, heads);
        _gate = LowRank("g_proj", ModelSize, Settings.ValueSize, values, bias: true);
        _norm = Norm("o_norm", Settings.ValueSize);
        _output = Project("o_proj", values, ModelSize);
    }

    /// <inheritdoc />
    protected override int Reach => _options.Kernel - 1;

    /// <inheritdoc />
    protected override AttentionInputs Split(Tensor target, Tensor source, LayerInputs inputs)
    {
        var (query, key, value) = _projections.Of(target, source);
        var step = ToHeads(_step.forward(source) + get_parameter("dt_bias")!, Settings.Heads);            // [B, H, N, D]
        var rate = get_parameter("A_log")!.exp().view(1, -1, 1, 1);
        var strength = _strength.forward(source).sigmoid();                           // [B, N, H]
        return new AttentionInputs(UnitLength(query), UnitLength(key), value)
        {
            Named = new Dictionary<string, Tensor>
            {
                ["g"] = _options.LowerBound is { } bound ? (rate * step).sigmoid() * bound : -rate * nn.functional.softplus(step, 1, 20),
                ["beta"] = (_options.NegativeEigenvalues ? strength * 2 : strength).transpose(1, 2),
            },
        };
    }

    /// <inheritdoc />
    protected override Tensor Merge(Tensor output, Tensor target) =>
        _output.forward(FromHeads(_norm.forward(output)) * _gate.forward(target).sigmoid());
}
