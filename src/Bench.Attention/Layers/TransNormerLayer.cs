using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>TransNormer's attention layer: SiLU on queries, keys and values, a norm over the full width, a low-rank sigmoid gate.</summary>
/// <remarks>Qin et al., "TransNormerLLM", arXiv:2307.14995, section 3.2, with the layer norm of the authors' example module.</remarks>
[LayerOf("lightning-attention")]
public sealed class TransNormerLayer : OperatorLayer
{
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _output;
    private readonly LayerNorm _norm;
    private readonly Sequential _gate;

    /// <summary>Wraps an operator whose heads make up the hidden states.</summary>
    public TransNormerLayer(AttentionOperator attention)
        : base(attention, null)
    {
        long values = Settings.Heads * Settings.ValueSize;
        _query = Project("q_proj", ModelSize, ModelSize);
        _key = Project("k_proj", ModelSize, ModelSize);
        _value = Project("v_proj", ModelSize, values);
        _output = Project("o_proj", values, ModelSize);
        _norm = nn.LayerNorm(values);
        nn.init.ones_(_norm.weight!);
        nn.init.zeros_(_norm.bias!);
        register_module("norm", _norm);
        _gate = LowRank("output_gate", ModelSize, Settings.HeadSize, values, bias: false);
    }

    /// <inheritdoc />
    protected override AttentionInputs Split(Tensor target, Tensor source, LayerInputs inputs) => new(
        ToHeads(nn.functional.silu(_query.forward(target)), Settings.Heads),
        ToHeads(nn.functional.silu(_key.forward(source)), Settings.Heads),
        ToHeads(nn.functional.silu(_value.forward(source)), Settings.Heads));

    /// <inheritdoc />
    protected override Tensor Merge(Tensor output, Tensor target) =>
        _output.forward(_norm.forward(FromHeads(output)) * _gate.forward(target).sigmoid());
}
