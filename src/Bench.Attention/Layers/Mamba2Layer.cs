using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>Options of Mamba-2's block.</summary>
public sealed record Mamba2LayerOptions
{
    /// <summary>C: width of the hidden states; H·D when null.</summary>
    public int? ModelSize { get; init; }

    /// <summary>Groups of heads that share B and C.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>K: taps of the convolution.</summary>
    public int Kernel { get; init; } = 4;
}

/// <summary>
/// Mamba-2's block: one projection to gate, x, B, C and time step, a causal convolution and SiLU over x, B and C, the recurrence, and a norm
/// <em>after</em> the gate.
/// </summary>
/// <remarks>Dao and Gu, arXiv:2405.21060, section 7. The operator's key size is the state size, its value size the head size.</remarks>
[LayerOf("mamba2-ssd")]
public sealed class Mamba2Layer : OperatorLayer
{
    private readonly Linear _in;
    private readonly ShortConvolution _convolution;
    private readonly RootMeanSquareNorm _norm;
    private readonly Linear _out;
    private readonly int _groups;
    private readonly int _kernel;
    private readonly long _inner;

    /// <summary>Wraps an operator whose heads make up the hidden states.</summary>
    public Mamba2Layer(AttentionOperator attention)
        : this(attention, new Mamba2LayerOptions())
    {
    }

    /// <summary>Wraps an operator.</summary>
    public Mamba2Layer(AttentionOperator attention, Mamba2LayerOptions options)
        : base(attention, options.ModelSize)
    {
        (_groups, _kernel) = (options.Groups, options.Kernel);
        _inner = Settings.Heads * Settings.ValueSize;
        long shared = _groups * Settings.HeadSize;
        register_parameter("dt_bias", new Parameter(TimeStep.InverseSoftplus(Settings.Heads)));
        register_parameter("A_log", new Parameter((rand(Settings.Heads) * 15 + 1).log()));
        register_parameter("D", new Parameter(ones(Settings.Heads)));
        _in = Project("in_proj", ModelSize, (2 * _inner) + (2 * shared) + Settings.Heads);
        _convolution = new ShortConvolution(_inner + (2 * shared), options.Kernel, hasBias: true);
        register_module("conv1d", _convolution);
        _norm = Norm("norm", _inner);
        _out = Project("out_proj", _inner, ModelSize);
    }

    /// <inheritdoc />
    protected override int Reach => _kernel - 1;

    /// <inheritdoc />
    protected override AttentionInputs Split(Tensor target, Tensor source, LayerInputs inputs)
    {
        var (x, key, _, step) = Parts(source);
        var query = Parts(target).C;
        return new AttentionInputs(Grouped(query), Grouped(key), ToHeads(x, Settings.Heads) * step.transpose(1, 2).unsqueeze(-1))
        {
            Named = new Dictionary<string, Tensor> { ["a"] = (-get_parameter("A_log")!.exp() * step).transpose(1, 2) }, // [B, H, N]
        };
    }

    /// <inheritdoc />
    protected override Tensor Merge(Tensor output, Tensor target)
    {
        var gate = _in.forward(target).narrow(-1, 0, _inner);                         // [B, N, inner]
        var skipped = output + (get_parameter("D")!.view(1, -1, 1, 1) * ToHeads(Parts(target).X, Settings.Heads));
        return _out.forward(_norm.forward(FromHeads(skipped) * nn.functional.silu(gate)));
    }

    private (Tensor X, Tensor B, Tensor C, Tensor Step) Parts(Tensor hidden)
    {
        long shared = _groups * Settings.HeadSize;
        var projected = _in.forward(hidden);
        var mixed = nn.functional.silu(_convolution.forward(projected.narrow(-1, _inner, _inner + (2 * shared))));
        var step = nn.functional.softplus(projected.narrow(-1, (2 * _inner) + (2 * shared), Settings.Heads) + get_parameter("dt_bias")!, 1, 20);
        return (mixed.narrow(-1, 0, _inner), mixed.narrow(-1, _inner, shared), mixed.narrow(-1, _inner + shared, shared), step);
    }

    private Tensor Grouped(Tensor x) => ToHeads(x, _groups).repeat_interleave(Settings.Heads / _groups, 1); // [B, H, N, n]
}
