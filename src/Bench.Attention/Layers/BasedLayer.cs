using TorchSharp.Modules;

namespace Bench.Attention.Layers;

/// <summary>Based's linear-attention layer: projections to a small feature dimension, the operator, an output projection.</summary>
/// <remarks>Arora et al., arXiv:2402.18668, section 4.</remarks>
[LayerOf("based-taylor")]
public sealed class BasedLayer : OperatorLayer
{
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _output;

    /// <summary>Wraps an operator whose heads make up the hidden states.</summary>
    public BasedLayer(AttentionOperator attention)
        : this(attention, null)
    {
    }

    /// <summary>Wraps an operator inside hidden states of another width.</summary>
    public BasedLayer(AttentionOperator attention, int? modelSize)
        : base(attention, modelSize)
    {
        long keys = Settings.Heads * Settings.HeadSize, values = Settings.Heads * Settings.ValueSize;
        _query = Project("q_proj", ModelSize, keys);
        _key = Project("k_proj", ModelSize, keys);
        _value = Project("v_proj", ModelSize, values);
        _output = Project("o_proj", values, ModelSize);
    }

    /// <inheritdoc />
    protected override AttentionInputs Split(Tensor target, Tensor source, LayerInputs inputs) => new(
        ToHeads(_query.forward(target), Settings.Heads), ToHeads(_key.forward(source), Settings.Heads), ToHeads(_value.forward(source), Settings.Heads));

    /// <inheritdoc />
    protected override Tensor Merge(Tensor output, Tensor target) => _output.forward(FromHeads(output));
}
