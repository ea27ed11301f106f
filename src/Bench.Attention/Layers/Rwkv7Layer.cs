using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>
/// RWKV-7's time mixing: shifted tokens, low-rank decay, learning rate, value residual and gate, the generalised delta rule, a group norm, and a
/// bonus for the token itself.
/// </summary>
/// <remarks>
/// Peng et al., arXiv:2503.14456, section 4. Layers after the first mix their values with those of the first, the named input <c>v_first</c>.
/// </remarks>
[LayerOf("rwkv7")]
public sealed class Rwkv7Layer : OperatorLayer
{
    // The official models use 1e-5 · 64 whatever the head size.
    private const double NormEpsilon = 64e-5;

    private readonly Linear _receptance;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _output;
    private readonly GroupNorm _norm;

    /// <summary>Wraps an operator whose heads make up the hidden states; low-rank maps of rank 32.</summary>
    public Rwkv7Layer(AttentionOperator attention)
        : this(attention, 32)
    {
    }

    /// <summary>Wraps an operator.</summary>
    public Rwkv7Layer(AttentionOperator attention, int rank)
        : base(attention, null)
    {
        long width = ModelSize;
        foreach (var name in new[] { "x_r", "x_w", "x_k", "x_v", "x_a", "x_g" })
        {
            register_parameter(name, new Parameter(full([1, 1, width], 0.5)));
        }

        foreach (var name in new[] { "w", "a", "v", "g" })
        {
            register_parameter(name + "1", new Parameter(zeros(width, rank)));
            register_parameter(name + "2", new Parameter(randn(rank, width) * 0.1));
        }

        register_parameter("w0", new Parameter(full([1, 1, width], -2.0)));
        register_parameter("a0", new Parameter(full([1, 1, width], -0.19)));
        register_parameter("v0", new Parameter(full([1, 1, width], 0.73)));
        register_parameter("k_k", new Parameter(full([1, 1, width], 0.71)));
        register_parameter("k_a", new Parameter(full([1, 1, width], 1.02)));
        register_parameter("r_k", new Parameter(full([Settings.Heads, Settings.HeadSize], -0.04)));
        _receptance = Project("receptance", width, width);
        _key = Project("key", width, width);
        _value = Project("value", width, width);
        _output = Project("output", width, width);
        _norm = HeadNorm.Create(Settings.Heads, width, NormEpsilon);
        register_module("ln_x", _norm);
    }

    /// <inheritdoc />
    protected override int Reach => 1;

    /// <inheritdoc />
    public override string? WhyNot(AttentionShape shape) =>
        shape.Pattern.IsCross ? "RWKV-7's time mixing takes its inputs from one sequence" : base.WhyNot(shape);

    /// <inheritdoc />
    public override Tensor forward(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        return Mix(inputs).Output.MoveToOuterDisposeScope();                          // [B, N, C]
    }

    /// <summary>The pass that also gives the values which later layers take as <c>v_first</c>, <c>[B, N, C]</c>.</summary>
    public (Tensor Output, Tensor FirstValue) Mix(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        var x = inputs.KeyMask is { } mask ? inputs.Hidden.masked_fill(mask.logical_not().unsqueeze(-1), 0) : inputs.Hidden; // [B, N, C]
        var parts = Parts(x, inputs);
        var output = Operator.forward(parts.Inputs with { KeyMask = inputs.KeyMask });
        return (Merge(output, parts).MoveToOuterDisposeScope(), parts.FirstValue.alias().MoveToOuterDisposeScope());
    }

    /// <inheritdoc />
    protected override AttentionInputs Split(Tensor target, Tensor source, LayerInputs inputs) => Parts(target, inputs).Inputs;

    /// <inheritdoc />
    protected override Tensor Merge(Tensor output, LayerInputs inputs) => Merge(output, Parts(inputs.Hidden, inputs));

    /// <inheritdoc />
    protected override Tensor Merge(Tensor output, Tensor target) => Merge(output, new LayerInputs(target));

    private Tensor Merge(Tensor output, MixParts parts)
    {
        var joined = FromHeads(output);                                               // [B, N, C]
        var normal = HeadNorm.Normalise(_norm, joined);
        var (r, k, v) = (parts.Inputs.Query, parts.Inputs.Key, parts.Inputs.Value);
        var own = FromHeads((r * k * P("r_k").unsqueeze(1)).sum(-1, keepdim: true) * v);
        return _output.forward((normal + own) * parts.Gate);
    }

    private MixParts Parts(Tensor x, LayerInputs inputs)
    {
        var shift = nn.functional.pad(x, [0, 0, 1, 0]).narrow(1, 0, x.shape[1]) - x;
        Tensor Mixed(string name) => x + (shift * P("x_" + name));
        Tensor LowRank(Tensor y, string name) => y.matmul(P(name + "1")).matmul(P(name + "2"));
        var receptance = _receptance.forward(Mixed("r"));
        var decay = -nn.functional.softplus(-(P("w0") + Mixed("w").matmul(P("w1")).tanh().matmul(P("w2"))), 1, 20) - 0.5;
        var (key, value) = (_key.forward(Mixed("k")), _value.forward(Mixed("v")));
        var first = inputs.Named.GetValueOrDefault("v_first");
        value = first is null ? value : value + ((first - value) * (P("v0") + LowRank(Mixed("v"), "v")).sigmoid());
        var rate = (P("a0") + LowRank(Mixed("a"), "a")).sigmoid();
        var gate = Mixed("g").matmul(P("g1")).sigmoid().matmul(P("g2"));
        var unit = ToHeads(key * P("k_k"), Settings.Heads);
        unit = unit / unit.norm(-1, keepdim: true).clamp(min: 1e-12);                 // [B, H, N, D]
        key = key * (1 + ((rate - 1) * P("k_a")));
        var split = new AttentionInputs(ToHeads(receptance, Settings.Heads), ToHeads(key, Settings.Heads), ToHeads(value, Settings.Heads))
        {
            Named = new Dictionary<string, Tensor>
            {
                ["w"] = ToHeads(decay, Settings.Heads),
                ["a"] = -unit,
                ["b"] = unit * ToHeads(rate, Settings.Heads),
            },
        };
        return new MixParts(split, gate, first ?? value);
    }

    private Parameter P(string name) => get_parameter(name)!;

    /// <summary>What time mixing makes of hidden states before its recurrence.</summary>
    private sealed record MixParts(AttentionInputs Inputs, Tensor Gate, Tensor FirstValue);
}
