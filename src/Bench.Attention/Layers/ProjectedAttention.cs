using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>
/// Linear projections of hidden states to queries, keys, values and the mechanism's own inputs, the operator, and an output projection:
/// <c>[B, N, E]</c> to <c>[B, N, E]</c>. Projections are Xavier-uniform with gain 1/√2 (output: gain 1) and zero biases, as in CAB.
/// </summary>
public sealed class ProjectedAttention : AttentionLayer
{
    private readonly AttentionOperator _attention;
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _output;
    private readonly List<(InputSpec Spec, Linear Projection)> _own = [];

    /// <summary>Wraps an operator; the layer owns it.</summary>
    public ProjectedAttention(AttentionOperator attention)
        : base(attention.Settings)
    {
        _attention = attention;
        var model = Settings.ModelSize;
        var bias = Settings.ProjectionBias;
        _query = Project("q_proj", model, Settings.Heads * Settings.HeadSize, bias: bias);
        _key = Project("k_proj", model, Settings.KeyValueHeads * Settings.HeadSize, bias: bias);
        _value = Project("v_proj", model, Settings.KeyValueHeads * Settings.ValueSize, bias: bias);
        _output = Project("out_proj", Settings.Heads * Settings.ValueSize, model, gain: 1, bias);
        foreach (var spec in attention.Inputs.Where(spec => spec.Name is not ("q" or "k" or "v")))
        {
            _own.Add((spec, Project($"{spec.Name}_proj", model, (int)PerToken(spec).Aggregate(1L, (a, b) => a * b))));
        }

        register_module("core", attention);
    }

    /// <summary>The wrapped operator.</summary>
    public AttentionOperator Operator => _attention;

    /// <inheritdoc />
    public override (AttentionOperator Operator, AttentionInputs Inputs)? Core(LayerInputs inputs) => (_attention, Split(inputs));

    /// <inheritdoc />
    public override bool Decodes => _attention.Decodes;

    /// <inheritdoc />
    public override Tensor forward(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        return Merge(_attention.forward(Split(inputs))).MoveToOuterDisposeScope(); // [B, N, E]
    }

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        var (output, state) = _attention.Prefill(Split(inputs));
        return (Merge(output).MoveToOuterDisposeScope(), state);
    }

    /// <inheritdoc />
    public override Tensor Step(LayerInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        return Merge(_attention.Step(Split(token), state)).MoveToOuterDisposeScope(); // [B, 1, E]
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) => _attention.StateSize(shape);

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        var core = _attention.Cost(shape);
        double model = Settings.ModelSize, n = shape.Length, m = shape.SourceLength;
        var perToken = _own.Sum(own => PerToken(own.Spec).Aggregate(1L, (a, b) => a * b) * (own.Spec.Axes.Contains('M') ? m : n));
        var keys = m * Settings.KeyValueHeads * (Settings.HeadSize + Settings.ValueSize);
        var projections = 2 * shape.Batch * model * (n * Settings.Heads * (Settings.HeadSize + Settings.ValueSize) + keys + perToken);
        return new AttentionCost(
            core.Flops + projections,
            shape.Batch * model * (2 * n + (shape.Pattern.IsCross ? m : 0)) + 4 * model * model,
            core.ActivationElements + AttentionCost.InputOutputElements(shape));
    }

    /// <inheritdoc />
    public override string? WhyNot(AttentionShape shape) => _attention.WhyNot(shape);

    /// <summary>Projects and splits hidden states into the operator's inputs.</summary>
    public AttentionInputs Split(LayerInputs inputs)
    {
        var source = Settings.Pattern.IsCross
            ? inputs.Context ?? throw new ArgumentException($"{Settings.Pattern.Name} needs the source's hidden states in {nameof(LayerInputs.Context)}.")
            : inputs.Hidden;
        var named = _own.ToDictionary(
            own => own.Spec.Name, own => Shape(own.Spec, own.Projection.forward(own.Spec.Axes.Contains('M') ? source : inputs.Hidden)));
        foreach (var (name, tensor) in inputs.Named)
        {
            named[name] = tensor;
        }

        var kinds = _attention.Inputs.ToDictionary(spec => spec.Name, spec => spec.Kind);
        return new AttentionInputs(
            Unit(kinds["q"], Heads(_query.forward(inputs.Hidden), Settings.Heads)),   // [B, H, N, D]
            Unit(kinds["k"], Heads(_key.forward(source), Settings.KeyValueHeads)),    // [B, Hk, M, D]
            Heads(_value.forward(source), Settings.KeyValueHeads))                    // [B, Hk, M, Dv]
        {
            KeyMask = inputs.KeyMask,
            Named = named,
        };
    }

    /// <summary>Joins heads <c>[B, H, N, Dv]</c> and applies the output projection.</summary>
    public Tensor Merge(Tensor output) => _output.forward(output.transpose(1, 2).flatten(2));

    /// <summary>Xavier-uniform weights and zero bias, registered under the given name.</summary>
    private Linear Project(string name, int from, int to, double gain = 0.70710678118654752, bool bias = true)
    {
        var projection = nn.Linear(from, to, hasBias: bias);
        nn.init.xavier_uniform_(projection.weight!, gain);
        if (bias)
        {
            nn.init.zeros_(projection.bias!);
        }

        register_module(name, projection);
        return projection;
    }

    private long[] PerToken(InputSpec spec) =>
        spec.Sizes(new AttentionShape(Settings.Pattern, 1, Settings.Heads, 1, 1, Settings.HeadSize, Settings.ValueSize), Settings.KeyValueHeads);

    private static Tensor Heads(Tensor x, int heads) => x.unflatten(2, [heads, -1]).transpose(1, 2);

    /// <summary>Gives a projected input its axes and its range.</summary>
    private Tensor Shape(InputSpec spec, Tensor projected)
    {
        var axes = spec.Axes.Split(' ');
        var token = Array.FindIndex(axes, axis => axis is "N" or "M");
        long[] rest = [.. PerToken(spec).Where((_, i) => i > 0 && i != token)];
        var order = Enumerable.Range(2, rest.Length).Select(i => (long)i).ToList();
        order.Insert(token - 1, 1);
        var shaped = (rest.Length == 0 ? projected.squeeze(2) : projected.unflatten(2, rest)).permute([0, .. order]);
        return spec.Kind switch
        {
            InputKind.LogDecay => nn.functional.logsigmoid(shaped) / 16, // decays near 1, as GLA scales its gate
            InputKind.LogDecayRate => nn.functional.logsigmoid(shaped) - 0.5,
            InputKind.Gate => shaped.sigmoid(),
            InputKind.Positive => nn.functional.softplus(shaped, 1, 20),
            _ => Unit(spec.Kind, shaped),
        };
    }

    private static Tensor Unit(InputKind kind, Tensor x) =>
        kind == InputKind.UnitVector ? x / (x.square().sum(-1, keepdim: true) + 1e-6).sqrt() : x;
}
