using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>HGRN2's layer: SiLU queries, forget gates with a lower bound, a norm over the full width, no output gate.</summary>
/// <remarks>Qin et al., arXiv:2404.07904, section 3. The bound is the named input <c>lower_bound</c>, <c>[H·D]</c>; absent in the first layer.</remarks>
[LayerOf("hgrn2")]
public sealed class Hgrn2Layer : OperatorLayer
{
    private readonly Linear _query;
    private readonly Linear _forget;
    private readonly Linear _input;
    private readonly Linear _output;
    private readonly RootMeanSquareNorm _norm;

    /// <summary>Wraps an operator whose heads make up the hidden states.</summary>
    public Hgrn2Layer(AttentionOperator attention)
        : this(attention, null)
    {
    }

    /// <summary>Wraps an operator inside hidden states of another width.</summary>
    public Hgrn2Layer(AttentionOperator attention, int? modelSize)
        : base(attention, modelSize)
    {
        long keys = Settings.Heads * Settings.HeadSize, values = Settings.Heads * Settings.ValueSize;
        _query = Project("q_proj", ModelSize, keys);
        _forget = Project("f_proj", ModelSize, keys);
        _input = Project("i_proj", ModelSize, values);
        _norm = Norm("g_norm", values);
        _output = Project("o_proj", values, ModelSize);
    }

    /// <summary>log(lb + (1 − lb) sigmoid(x)), or log sigmoid(x) without a bound, without leaving log space.</summary>
    internal static Tensor BoundedLogSigmoid(Tensor x, Tensor? bound) => bound is null
        ? nn.functional.logsigmoid(x)
        : logaddexp(bound.log(), (-bound).log1p() + nn.functional.logsigmoid(x));

    /// <inheritdoc />
    protected override AttentionInputs Split(Tensor target, Tensor source, LayerInputs inputs)
    {
        var decay = ToHeads(BoundedLogSigmoid(_forget.forward(source), inputs.Named.GetValueOrDefault("lower_bound")), Settings.Heads);
        var value = ToHeads(_input.forward(source), Settings.Heads);                  // [B, H, N, E]
        return new AttentionInputs(ToHeads(nn.functional.silu(_query.forward(target)), Settings.Heads), decay, value)
        {
            Named = new Dictionary<string, Tensor> { ["g"] = decay },
        };
    }

    /// <inheritdoc />
    protected override Tensor Merge(Tensor output, Tensor target) => _output.forward(_norm.forward(FromHeads(output)));
}
