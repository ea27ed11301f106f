using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>Gated slot attention's layer: SiLU on queries, keys and values, a log-sigmoid gate over 8, SiLU and a norm over the full width.</summary>
/// <remarks>Zhang et al., arXiv:2409.07146, section 3.3. The operator's scale should be 1.</remarks>
[LayerOf("gated-slot-attention")]
public sealed class GatedSlotAttentionLayer : OperatorLayer
{
    private const double GateDivisor = 8;

    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _forget;
    private readonly Linear _output;
    private readonly RootMeanSquareNorm _norm;

    /// <summary>Wraps an operator whose heads make up the hidden states.</summary>
    public GatedSlotAttentionLayer(AttentionOperator attention)
        : this(attention, null)
    {
    }

    /// <summary>Wraps an operator inside hidden states of another width.</summary>
    public GatedSlotAttentionLayer(AttentionOperator attention, int? modelSize)
        : base(attention, modelSize)
    {
        long keys = Settings.KeyValueHeads * Settings.HeadSize, values = Settings.KeyValueHeads * Settings.ValueSize;
        var slots = attention.Inputs.Single(spec => spec.Name == "g").Axes.Split(' ')[^1];
        _query = Project("q_proj", ModelSize, Settings.Heads * Settings.HeadSize);
        _key = Project("k_proj", ModelSize, keys);
        _value = Project("v_proj", ModelSize, values);
        _forget = Project("f_proj", ModelSize, Settings.KeyValueHeads * long.Parse(slots, System.Globalization.CultureInfo.InvariantCulture));
        _norm = Norm("g_norm", Settings.Heads * Settings.ValueSize);
        _output = Project("o_proj", Settings.Heads * Settings.ValueSize, ModelSize);
    }

    /// <inheritdoc />
    protected override AttentionInputs Split(Tensor target, Tensor source, LayerInputs inputs) => new(
        ToHeads(nn.functional.silu(_query.forward(target)), Settings.Heads),
        ToHeads(nn.functional.silu(_key.forward(source)), Settings.KeyValueHeads),
        ToHeads(nn.functional.silu(_value.forward(source)), Settings.KeyValueHeads))
    {
        Named = new Dictionary<string, Tensor>
        {
            ["g"] = ToHeads(nn.functional.logsigmoid(_forget.forward(source)) / GateDivisor, Settings.KeyValueHeads), // [B, H, N, M]
        },
    };

    /// <inheritdoc />
    protected override Tensor Merge(Tensor output, Tensor target) =>
        _output.forward(_norm.forward(nn.functional.silu(FromHeads(output))));
}
