using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>
/// TTT-Linear's layer: rotary positions inside a mini-batch, learned step sizes per position and token, the operator, a layer norm.
/// </summary>
/// <remarks>
/// Sun et al., arXiv:2407.04620, section 2.7 and appendix C: <c>η_ij = max(1/(i + 1) + c_i, 0) · base · σ(x_j·w_h + b_h) / D</c>, i the position in the
/// mini-batch. γ, δ and the first weights are the operator's parameters.
/// </remarks>
[LayerOf("ttt-linear")]
public sealed class TttLinearLayer : OperatorLayer
{
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _output;
    private readonly LayerNorm _norm;
    private readonly int _miniBatch;
    private readonly double _baseRate;

    /// <summary>Wraps an operator with mini-batches of 16.</summary>
    public TttLinearLayer(AttentionOperator attention)
        : this(attention, 16, 1)
    {
    }

    /// <summary>Wraps an operator whose mini-batch is <paramref name="miniBatch"/> tokens.</summary>
    public TttLinearLayer(AttentionOperator attention, int miniBatch, double baseRate)
        : base(attention, null)
    {
        (_miniBatch, _baseRate) = (miniBatch, baseRate);
        _query = Project("q_proj", ModelSize, ModelSize);
        _key = Project("k_proj", ModelSize, ModelSize);
        _value = Project("v_proj", ModelSize, ModelSize);
        _output = Project("o_proj", ModelSize, ModelSize);
        _norm = nn.LayerNorm(ModelSize, 1e-6);
        nn.init.ones_(_norm.weight!);
        nn.init.zeros_(_norm.bias!);
        register_module("post_norm", _norm);
        register_parameter("learnable_token_idx", new Parameter(zeros(miniBatch)));
        register_parameter("learnable_ttt_lr_weight", new Parameter(randn(Settings.Heads, 1, ModelSize) * 0.02));
        register_parameter("learnable_ttt_lr_bias", new Parameter(zeros(Settings.Heads, 1)));
    }

    /// <inheritdoc />
    /// <remarks>The tokens of the mini-batch under way also keep their step sizes.</remarks>
    public override long StateSize(AttentionShape shape) => base.StateSize(shape) + ((long)Settings.Heads * (shape.Length % _miniBatch));

    /// <inheritdoc />
    protected override AttentionInputs Split(Tensor target, Tensor source, LayerInputs inputs)
    {
        var position = (arange(source.shape[1]) + inputs.Start).remainder(_miniBatch).to(source.device); // [N]
        // The official layer keeps 1/(i + 1) and the rotary frequencies as float32 buffers.
        var share = (1 / (position.to(ScalarType.Float32) + 1)).to(source.dtype);
        var token = (share + get_parameter("learnable_token_idx")!.index_select(0, position)).clamp(min: 0);
        var weight = get_parameter("learnable_ttt_lr_weight")!.squeeze(1);            // [H, C]
        var rate = (source.matmul(weight.transpose(0, 1)) + get_parameter("learnable_ttt_lr_bias")!.squeeze(1)).sigmoid(); // [B, N, H]
        return new AttentionInputs(
            Turned(_query.forward(target), position), Turned(_key.forward(source), position), ToHeads(_value.forward(source), Settings.Heads))
        {
            Named = new Dictionary<string, Tensor>
            {
                ["eta"] = token.view(1, 1, -1, 1).expand(source.shape[0], Settings.Heads, -1, 1),
                ["rate"] = rate.transpose(1, 2).unsqueeze(-1) * (_baseRate / Settings.HeadSize), // [B, H, N, 1]
            },
        };
    }

    /// <inheritdoc />
    protected override Tensor Merge(Tensor output, Tensor target) => _output.forward(_norm.forward(FromHeads(output)));

    private Tensor Turned(Tensor x, Tensor position) => RotaryEmbedding.Interleaved(ToHeads(x, Settings.Heads), position, single: true);
}
