using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>GLA's layer: a low-rank log-sigmoid gate divided by 16, a norm per head, a swish gate.</summary>
/// <remarks>Yang et al., arXiv:2312.06635, section 4.4.</remarks>
[LayerOf("gla")]
public sealed class GatedLinearAttentionLayer : OperatorLayer
{
    private const double GateDivisor = 16;

    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _gate;
    private readonly Linear _output;
    private readonly Sequential _decay;
    private readonly RootMeanSquareNorm _norm;

    /// <summary>Wraps an operator whose heads make up the hidden states; gates of rank 16.</summary>
    public GatedLinearAttentionLayer(AttentionOperator attention)
        : this(attention, null, 16)
    {
    }

    /// <summary>Wraps an operator inside hidden states of another width.</summary>
    public GatedLinearAttentionLayer(AttentionOperator attention, int? modelSize, int gateRank)
        : base(attention, modelSize)
    {
        long keys = Settings.Heads * Settings.HeadSize, values = Settings.Heads * Settings.ValueSize;
        _query = Project("q_proj", ModelSize, keys);
        _key = Project("k_proj", ModelSize, keys);
        _value = Project("v_proj", ModelSize, values);
        _gate = Project("g_proj", ModelSize, values);
        _decay = LowRank("gk_proj", ModelSize, gateRank, keys, bias: true);
        _output = Project("o_proj", values, ModelSize);
        _norm = Norm("g_norm_swish_gate", Settings.ValueSize);
    }

    /// <inheritdoc />
    protected override AttentionInputs Split(Tensor target, Tensor source, LayerInputs inputs) => new(
        ToHeads(_query.forward(target), Settings.Heads), ToHeads(_key.forward(source), Settings.Heads), ToHeads(_value.forward(source), Settings.Heads))
    {
        Named = new Dictionary<string, Tensor>
        {
            ["g"] = ToHeads(nn.functional.logsigmoid(_decay.forward(source)) / GateDivisor, Settings.Heads), // [B, H, N, D]
        },
    };

    /// <inheritdoc />
    protected override Tensor Merge(Tensor output, Tensor target) =>
        _output.forward(FromHeads(_norm.forward(output)) * nn.functional.silu(_gate.forward(target)));
}
