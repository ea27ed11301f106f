using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>
/// RWKV-6's time mixing: every input is the token mixed with the one before it in a share that depends on both through a low-rank map; a low-rank
/// decay, the recurrence, a group norm over heads, a swish gate.
/// </summary>
/// <remarks>
/// Peng et al., "Eagle and Finch", arXiv:2404.05892, section 4: <c>x + (x_prev − x)(μ + tanh((x + (x_prev − x) μ_x) A) B)</c> for each of w, k, v, r, g;
/// log-decay <c>−exp(w_0 + tanh(x_w W_1) W_2)</c>.
/// </remarks>
[LayerOf("rwkv6")]
public sealed class Rwkv6Layer : OperatorLayer
{
    private const int MixRank = 32;
    private const int DecayRank = 64;
    private const double NormEpsilon = 64e-5;
    private static readonly string[] Mixed = ["w", "k", "v", "r", "g"];

    private readonly Linear _receptance;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _gate;
    private readonly Linear _output;
    private readonly GroupNorm _norm;

    /// <summary>Wraps an operator whose heads make up the hidden states.</summary>
    public Rwkv6Layer(AttentionOperator attention)
        : base(attention, null)
    {
        long width = ModelSize;
        register_parameter("time_maa_x", new Parameter(full([1, 1, width], 0.5)));
        register_parameter("time_maa", new Parameter(full([Mixed.Length, 1, 1, width], 0.5)));
        register_parameter("time_maa_w1", new Parameter(zeros(width, Mixed.Length * MixRank)));
        register_parameter("time_maa_w2", new Parameter((rand(Mixed.Length, MixRank, width) * 2 - 1) * 0.01));
        register_parameter("time_decay", new Parameter((-6 + (5 * linspace(0, 1, width).pow(0.7))).view(1, 1, width)));
        register_parameter("time_decay_w1", new Parameter(zeros(width, DecayRank)));
        register_parameter("time_decay_w2", new Parameter((rand(DecayRank, width) * 2 - 1) * 0.01));
        _receptance = Project("receptance", width, width);
        _key = Project("key", width, width);
        _value = Project("value", width, width);
        _gate = Project("gate", width, width);
        _output = Project("output", width, width);
        _norm = HeadNorm.Create(Settings.Heads, width, NormEpsilon);
        register_module("ln_x", _norm);
    }

    /// <inheritdoc />
    protected override int Reach => 1;

    /// <inheritdoc />
    public override string? WhyNot(AttentionShape shape) =>
        shape.Pattern.IsCross ? "RWKV-6's time mixing takes its inputs from one sequence" : base.WhyNot(shape);

    /// <inheritdoc />
    protected override AttentionInputs Split(Tensor target, Tensor source, LayerInputs inputs)
    {
        var parts = Mix(target);                                                      // [5, B, N, C]
        var low = parts[0].matmul(P("time_decay_w1")).tanh().matmul(P("time_decay_w2"));
        return new AttentionInputs(
            ToHeads(_receptance.forward(parts[3]), Settings.Heads),
            ToHeads(_key.forward(parts[1]), Settings.Heads),
            ToHeads(_value.forward(parts[2]), Settings.Heads))
        {
            Named = new Dictionary<string, Tensor> { ["g"] = ToHeads(-(P("time_decay") + low).exp(), Settings.Heads) },
        };
    }

    /// <inheritdoc />
    protected override Tensor Merge(Tensor output, Tensor target)
    {
        var joined = FromHeads(output);                                               // [B, N, C]
        var normal = HeadNorm.Normalise(_norm, joined);
        return _output.forward(normal * nn.functional.silu(_gate.forward(Mix(target)[4])));
    }

    /// <summary>The token mixed with the one before it, once for each of w, k, v, r, g.</summary>
    private Tensor Mix(Tensor x)
    {
        var shift = nn.functional.pad(x, [0, 0, 1, 0]).narrow(1, 0, x.shape[1]) - x;
        var low = (x + (shift * P("time_maa_x"))).matmul(P("time_maa_w1")).tanh();    // [B, N, 5·rank]
        var shares = low.unflatten(2, [Mixed.Length, MixRank]).permute(2, 0, 1, 3).matmul(P("time_maa_w2").unsqueeze(1)); // [5, B, N, C]
        return x + (shift * (P("time_maa") + shares));
    }

    private Parameter P(string name) => get_parameter(name)!;
}
