using TorchSharp.Modules;

namespace Bench.Attention.Layers;

/// <summary>Linear attention's layer: projections, the operator with its feature map, a norm per head in place of the normaliser.</summary>
/// <remarks>Katharopoulos et al., arXiv:2006.16236; the norm follows Qin et al., arXiv:2210.10340, as flash-linear-attention builds it.</remarks>
[LayerOf("linear-attention")]
public sealed class LinearAttentionLayer : OperatorLayer
{
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _output;
    private readonly RootMeanSquareNorm _norm;

    /// <summary>Wraps an operator whose heads make up the hidden states.</summary>
    public LinearAttentionLayer(AttentionOperator attention)
        : this(attention, null)
    {
    }

    /// <summary>Wraps an operator inside hidden states of another width.</summary>
    public LinearAttentionLayer(AttentionOperator attention, int? modelSize)
        : base(attention, modelSize)
    {
        long keys = Settings.Heads * Settings.HeadSize, values = Settings.Heads * Settings.ValueSize;
        _query = Project("q_proj", ModelSize, keys);
        _key = Project("k_proj", ModelSize, keys);
        _value = Project("v_proj", ModelSize, values);
        _norm = Norm("norm", Settings.ValueSize);
        _output = Project("o_proj", values, ModelSize);
    }

    /// <inheritdoc />
    protected override AttentionInputs Split(Tensor target, Tensor source, LayerInputs inputs) => new(
        ToHeads(_query.forward(target), Settings.Heads), ToHeads(_key.forward(source), Settings.Heads), ToHeads(_value.forward(source), Settings.Heads));

    /// <inheritdoc />
    protected override Tensor Merge(Tensor output, Tensor target) => _output.forward(FromHeads(_norm.forward(output)));
}
