using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>RetNet's layer: rotary queries and keys, retention, a norm per head, a swish gate.</summary>
/// <remarks>Sun et al., arXiv:2307.08621, section 2.2, as flash-linear-attention builds it.</remarks>
[LayerOf("retention")]
public sealed class RetNetLayer : OperatorLayer
{
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _gate;
    private readonly Linear _output;
    private readonly RootMeanSquareNorm _norm;

    /// <summary>Wraps an operator whose heads make up the hidden states.</summary>
    public RetNetLayer(AttentionOperator attention)
        : this(attention, null)
    {
    }

    /// <summary>Wraps an operator inside hidden states of another width.</summary>
    public RetNetLayer(AttentionOperator attention, int? modelSize)
        : base(attention, modelSize)
    {
        long keys = Settings.Heads * Settings.HeadSize, values = Settings.Heads * Settings.ValueSize;
        _query = Project("q_proj", ModelSize, keys);
        _key = Project("k_proj", ModelSize, keys);
        _value = Project("v_proj", ModelSize, values);
        _gate = Project("g_proj", ModelSize, values);
        _output = Project("o_proj", values, ModelSize);
        _norm = Norm("g_norm_swish_gate", Settings.ValueSize);
    }

    /// <inheritdoc />
    protected override AttentionInputs Split(Tensor target, Tensor source, LayerInputs inputs) => new(
        RotaryEmbedding.Half(ToHeads(_query.forward(target), Settings.Heads), inputs.Start),
        RotaryEmbedding.Half(ToHeads(_key.forward(source), Settings.Heads), Settings.Pattern.IsCross ? 0 : inputs.Start),
        ToHeads(_value.forward(source), Settings.Heads));

    /// <inheritdoc />
    protected override Tensor Merge(Tensor output, Tensor target) =>
        _output.forward(FromHeads(_norm.forward(output)) * nn.functional.silu(_gate.forward(target)));
}
