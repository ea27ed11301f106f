using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>
/// A published layer around an operator: how hidden states become the operator's inputs, and how its output becomes hidden states. The
/// operator is the submodule <c>core</c>; every other parameter carries the authors' name.
/// </summary>
public abstract class OperatorLayer : AttentionLayer
{
    /// <summary>Wraps an operator; the layer owns it.</summary>
    /// <param name="attention">The operator.</param>
    /// <param name="modelSize">C: width of the hidden states; H·D unless given.</param>
    protected OperatorLayer(AttentionOperator attention, int? modelSize)
        : base(attention.Settings)
    {
        Operator = attention;
        ModelSize = modelSize ?? attention.Settings.ModelSize;
        register_module("core", attention);
    }

    /// <summary>The wrapped operator.</summary>
    public AttentionOperator Operator { get; }

    /// <summary>C: width of the hidden states.</summary>
    public int ModelSize { get; }

    /// <inheritdoc />
    public override (AttentionOperator Operator, AttentionInputs Inputs)? Core(LayerInputs inputs) => (Operator, Split(WithoutPadding(inputs)));

    /// <inheritdoc />
    public override bool Decodes => Operator.Decodes;

    /// <summary>R: how many earlier hidden states the operator's inputs of a token depend on, as through a short convolution.</summary>
    protected virtual int Reach => 0;

    /// <inheritdoc />
    public override Tensor forward(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        var real = WithoutPadding(inputs);
        return Merge(Operator.forward(Split(real)), real).MoveToOuterDisposeScope(); // [B, N, C]
    }

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(LayerInputs inputs)
    {
        if (!Decodes)
        {
            throw NoDecode();
        }

        using var scope = NewDisposeScope();
        var real = WithoutPadding(inputs);
        var (output, state) = Operator.Prefill(Split(real));
        return (Merge(output, real).MoveToOuterDisposeScope(), Reach == 0 && !Settings.Pattern.IsCross ? state : new LookBackState(state)
        {
            Tail = Newest(nn.functional.pad(real.Hidden, [0, 0, Reach, 0])),
            Position = real.Hidden.shape[1],
        });
    }

    /// <inheritdoc />
    public override Tensor Step(LayerInputs token, AttentionState state)
    {
        if (!Decodes)
        {
            throw NoDecode();
        }

        using var scope = NewDisposeScope();
        var window = state is LookBackState looking ? cat([looking.Tail, token.Hidden], 1) : token.Hidden; // [B, R + 1, C]
        var seen = token with { Hidden = window, Start = state.Position - Reach };
        var output = Merge(Operator.Step(Last(Split(seen)), (state as LookBackState)?.Core ?? state), seen);
        if (state is LookBackState kept)
        {
            kept.Tail = Newest(window);
            kept.Position++;
        }

        return output.narrow(1, output.shape[1] - 1, 1).MoveToOuterDisposeScope();    // [B, 1, C]
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) => Decodes ? Operator.StateSize(shape) + ((long)Reach * ModelSize) : 0;

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        var core = Operator.Cost(shape);
        var weights = parameters().Where(parameter => parameter.dim() == 2).Sum(parameter => (double)parameter.numel());
        var tokens = (double)shape.Batch * Math.Max(shape.Length, shape.SourceLength);
        return new AttentionCost(
            core.Flops + (2 * tokens * weights),
            (2 * tokens * ModelSize) + weights,
            core.ActivationElements + AttentionCost.InputOutputElements(shape));
    }

    /// <inheritdoc />
    public override string? WhyNot(AttentionShape shape) => Operator.WhyNot(shape);

    /// <summary>The operator's inputs from the hidden states of targets and of the source (the same sequence for self patterns), <c>[B, N, C]</c>.</summary>
    /// <param name="target">Hidden states that queries come from.</param>
    /// <param name="source">Hidden states that everything else comes from.</param>
    /// <param name="inputs">The whole call, for named inputs of the layer's own.</param>
    protected abstract AttentionInputs Split(Tensor target, Tensor source, LayerInputs inputs);

    /// <summary>Hidden states <c>[B, N, C]</c> from the operator's output <c>[B, H, N, E]</c>.</summary>
    protected abstract Tensor Merge(Tensor output, Tensor target);

    /// <summary>The same for layers that need more of the call than its hidden states.</summary>
    protected virtual Tensor Merge(Tensor output, LayerInputs inputs) => Merge(output, inputs.Hidden);

    /// <summary>Registers a linear projection under its name.</summary>
    protected Linear Project(string name, long from, long to, bool bias = false)
    {
        var projection = nn.Linear(from, to, hasBias: bias);
        register_module(name, projection);
        return projection;
    }

    /// <summary>Two projections in sequence, registered as <c>name.0</c> and <c>name.1</c>.</summary>
    protected Sequential LowRank(string name, long from, long rank, long to, bool bias)
    {
        var projection = nn.Sequential(("0", nn.Linear(from, rank, hasBias: false)), ("1", nn.Linear(rank, to, hasBias: bias)));
        register_module(name, projection);
        return projection;
    }

    /// <summary>Registers a root-mean-square norm.</summary>
    protected RootMeanSquareNorm Norm(string name, long size, double epsilon = 1e-5)
    {
        var norm = new RootMeanSquareNorm(size, epsilon);
        register_module(name, norm);
        return norm;
    }

    /// <summary>Splits the last axis into heads: <c>[B, N, H·D]</c> to <c>[B, H, N, D]</c>.</summary>
    protected static Tensor ToHeads(Tensor x, long heads) => x.unflatten(2, [heads, -1]).transpose(1, 2);

    /// <summary>Joins heads: <c>[B, H, N, D]</c> to <c>[B, N, H·D]</c>.</summary>
    protected static Tensor FromHeads(Tensor x) => x.transpose(1, 2).flatten(2);

    /// <summary>x / √(Σ x² + 1e−6) along the last axis.</summary>
    protected static Tensor UnitLength(Tensor x) => x / (x.square().sum(-1, keepdim: true) + 1e-6).sqrt();

    private Tensor Newest(Tensor hidden) => hidden.narrow(1, hidden.shape[1] - Reach, Reach).detach().clone();

    /// <summary>The newest token of everything that is one row a token of the query's sequence.</summary>
    private AttentionInputs Last(AttentionInputs inputs)
    {
        if (Reach == 0)
        {
            return inputs;
        }

        var axes = Operator.Inputs.ToDictionary(spec => spec.Name, spec => spec.Axes.Split(' '), StringComparer.Ordinal);
        Tensor Newest(string name, Tensor tensor)
        {
            // What a layer passes beyond the declared inputs has tokens where keys have them.
            var at = Array.FindIndex(axes.GetValueOrDefault(name, axes["k"]), axis => axis == "N" || (axis == "M" && !Settings.Pattern.IsCross));
            return at < 0 ? tensor : tensor.narrow(at, tensor.shape[at] - 1, 1);
        }

        return inputs with
        {
            Query = Newest("q", inputs.Query),
            Key = Newest("k", inputs.Key),
            Value = Newest("v", inputs.Value),
            Named = inputs.Named.ToDictionary(pair => pair.Key, pair => Newest(pair.Key, pair.Value)),
        };
    }

    /// <summary>Zeros where the keys' sequence is padded, so that nothing of it passes a convolution.</summary>
    private LayerInputs WithoutPadding(LayerInputs inputs) => Settings.Pattern.IsCross
        ? inputs with { Context = inputs.Context is { } context ? inputs.WithoutPadding(context) : null }
        : inputs with { Hidden = inputs.WithoutPadding(inputs.Hidden) };

    private AttentionInputs Split(LayerInputs inputs)
    {
        var source = Settings.Pattern.IsCross
            ? inputs.Context ?? throw new ArgumentException($"{Settings.Pattern.Name} needs the source's hidden states in {nameof(LayerInputs.Context)}.")
            : inputs.Hidden;
        return Split(inputs.Hidden, source, inputs) with { KeyMask = inputs.KeyMask };
    }
}
