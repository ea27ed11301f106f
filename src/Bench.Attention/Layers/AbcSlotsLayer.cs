using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>ABC's layer over slots: rotary queries and keys, bounded slot logits, a norm per head, a swish gate.</summary>
/// <remarks>Peng et al., arXiv:2110.02488, section 4, as flash-linear-attention builds it.</remarks>
[LayerOf("abc-slots")]
public sealed class AbcSlotsLayer : OperatorLayer
{
    private const double LargestLogit = 32;

    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _gate;
    private readonly Linear _slots;
    private readonly Linear _output;
    private readonly RootMeanSquareNorm _norm;

    /// <summary>Wraps an operator whose heads make up the hidden states.</summary>
    public AbcSlotsLayer(AttentionOperator attention)
        : this(attention, null)
    {
    }

    /// <summary>Wraps an operator inside hidden states of another width.</summary>
    public AbcSlotsLayer(AttentionOperator attention, int? modelSize)
        : base(attention, modelSize)
    {
        long keys = Settings.Heads * Settings.HeadSize, values = Settings.Heads * Settings.ValueSize;
        var slots = attention.Inputs.Single(spec => spec.Name == "s").Axes.Split(' ')[^1];
        _query = Project("q_proj", ModelSize, keys);
        _key = Project("k_proj", ModelSize, keys);
        _value = Project("v_proj", ModelSize, values);
        _gate = Project("g_proj", ModelSize, values);
        _slots = Project("s_proj", ModelSize, Settings.Heads * long.Parse(slots, System.Globalization.CultureInfo.InvariantCulture));
        _norm = Norm("g_norm", Settings.ValueSize);
        _output = Project("o_proj", values, ModelSize);
    }

    /// <inheritdoc />
    protected override AttentionInputs Split(Tensor target, Tensor source, LayerInputs inputs) => new(
        RotaryEmbedding.Half(ToHeads(_query.forward(target), Settings.Heads), inputs.Start),
        RotaryEmbedding.Half(ToHeads(_key.forward(source), Settings.Heads), inputs.Start),
        ToHeads(_value.forward(source), Settings.Heads))
    {
        Named = new Dictionary<string, Tensor>
        {
            ["s"] = ToHeads(_slots.forward(source).clamp(-LargestLogit, LargestLogit), Settings.Heads), // [B, H, N, M]
        },
    };

    /// <inheritdoc />
    protected override Tensor Merge(Tensor output, Tensor target) =>
        _output.forward(FromHeads(_norm.forward(output)) * nn.functional.silu(_gate.forward(target)));
}
