using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>LightNet's layer: SiLU queries, keys left as logits, a norm over the full width with a low-rank swish gate.</summary>
/// <remarks>Qin et al., "You Only Scan Once", arXiv:2405.21022, section 4, as flash-linear-attention builds it; without its positional encodings.</remarks>
[LayerOf("lightnet")]
public sealed class LightNetLayer : OperatorLayer
{
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Sequential _gate;
    private readonly Linear _output;
    private readonly RootMeanSquareNorm _norm;

    /// <summary>Wraps an operator whose heads make up the hidden states; gates of rank D.</summary>
    public LightNetLayer(AttentionOperator attention)
        : this(attention, null, attention.Settings.HeadSize)
    {
    }

    /// <summary>Wraps an operator inside hidden states of another width.</summary>
    public LightNetLayer(AttentionOperator attention, int? modelSize, int gateRank)
        : base(attention, modelSize)
    {
        long keys = Settings.Heads * Settings.HeadSize, values = Settings.Heads * Settings.ValueSize;
        _query = Project("q_proj", ModelSize, keys);
        _key = Project("k_proj", ModelSize, keys);
        _value = Project("v_proj", ModelSize, values);
        _gate = LowRank("g_proj", ModelSize, gateRank, values, bias: false);
        _norm = Norm("g_norm", values, 1e-6);
        _output = Project("o_proj", values, ModelSize);
    }

    /// <inheritdoc />
    protected override AttentionInputs Split(Tensor target, Tensor source, LayerInputs inputs) => new(
        ToHeads(nn.functional.silu(_query.forward(target)), Settings.Heads),
        ToHeads(_key.forward(source), Settings.Heads),
        ToHeads(_value.forward(source), Settings.Heads));

    /// <inheritdoc />
    protected override Tensor Merge(Tensor output, Tensor target) =>
        _output.forward(_norm.forward(FromHeads(output)) * nn.functional.silu(_gate.forward(target)));
}
