using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.StateSpace;

/// <summary>
/// What the forms of S4D share: diagonal state-space kernels K[ℓ] = 2 Re Σ C̃ e^(aℓ), a skip weight, GELU and an output projection. The
/// noncausal pattern has a second set of kernels for the tokens ahead. Padded tokens enter as zeros. Queries, keys and heads play no role.
/// </summary>
public abstract class S4dLayer : AttentionLayer
{
    private readonly S4dOptions _options;
    private readonly Linear _output;

    /// <summary>Modes start at "S4D-Inv", steps log-uniform in [0.001, 0.1].</summary>
    /// <exception cref="ArgumentException">The state size is odd.</exception>
    protected S4dLayer(AttentionSettings settings, S4dOptions options)
        : base(settings)
    {
        if (options.State % 2 != 0)
        {
            throw new ArgumentException($"Option 'state' is {options.State}; complex modes come in pairs, so it must be even.");
        }

        _options = options;
        using var scope = NewDisposeScope();
        int model = settings.ModelSize, modes = options.State / 2;
        var kernels = options.Channels * (settings.Pattern.IsCausal ? 1 : 2);
        var logReal = full([1, modes], Math.Log(0.5 + 1e-4), ScalarType.Float32);
        var index = arange(modes, ScalarType.Float32);
        var imaginary = (options.State / Math.PI * (options.State / (1 + 2 * index) - 1)).unsqueeze(0);
        var poles = complex(-logReal.exp(), imaginary);                                                   // [1, modes]
        var input = complex(randn(1, modes), randn(1, modes)) * Math.Sqrt(0.5);
        input = input / (2 * (input / poles).abs().square().sum()).sqrt();
        var output = (complex(randn(kernels, model, modes), randn(kernels, model, modes)) * Math.Sqrt(0.5) * input).conj().resolve_conj();

        Register("D", randn(options.Channels, model));
        Register("log_dt", rand(model) * (Math.Log(0.1) - Math.Log(0.001)) + Math.Log(0.001));
        Register("log_w_real", logReal);
        Register("w_imag", imaginary);
        Register("C", view_as_real(output).clone());
        register_module("output_linear", _output = nn.Linear(options.Channels * model, model));
    }

    /// <inheritdoc />
    public override bool Decodes => Settings.Pattern.IsCausal;

    /// <summary>C: kernels per feature.</summary>
    protected int Channels => _options.Channels;

    /// <inheritdoc />
    public override Tensor forward(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        return Finish(Convolve(Inputs(inputs)), inputs.Hidden).MoveToOuterDisposeScope(); // [B, N, E]
    }

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(LayerInputs inputs)
    {
        if (!Decodes)
        {
            throw NoDecode();
        }

        using var scope = NewDisposeScope();
        var u = Inputs(inputs);
        var state = new TensorState { Position = inputs.Hidden.shape[1] };
        state["x"] = view_as_real(After(u)).detach().clone();
        return (Finish(Convolve(u), inputs.Hidden).MoveToOuterDisposeScope(), state);
    }

    /// <inheritdoc />
    public override Tensor Step(LayerInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var kept = (TensorState)state;
        var (decay, weights) = Modes();
        var x = view_as_complex(kept["x"]) * decay + Inputs(token);                        // [B, E, modes] + [B, E, 1]
        kept["x"] = view_as_real(x).detach().clone();
        kept.Position++;
        return Finish(Read(x, weights).unsqueeze(-1), token.Hidden).MoveToOuterDisposeScope(); // [B, 1, E]
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) => Decodes ? (long)Settings.ModelSize * _options.State : 0;

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double n = shape.Length, e = Settings.ModelSize, c = _options.Channels, kernels = c * (Settings.Pattern.IsCausal ? 1 : 2);
        var transform = 2.5 * 2 * n * Math.Log2(2 * n);
        return new AttentionCost(
            kernels * e * n * _options.State * 4 + e * transform * (c + shape.Batch * (1 + c)) + shape.Batch * n * e * (6 * c + 8 * c + 2 * c * e),
            shape.Batch * 2 * n * e + c * e * e,
            e * n * _options.State + kernels * e * n + shape.Batch * n * e * (2 + 4 * c));
    }

    /// <summary>The kernels <c>[C or 2C, E, L]</c>: first those of the past, then those of the future.</summary>
    public Tensor Kernels(long length)
    {
        using var scope = NewDisposeScope();
        var (decay, weights) = Modes();
        var powers = (decay.log().unsqueeze(-1) * arange(length, dtype: weights.real.dtype, device: weights.device)).exp(); // [E, modes, L]
        return (2 * einsum("chn,hnl->chl", weights, powers).real).clone().MoveToOuterDisposeScope();
    }

    /// <summary>Inputs after all kernels: <c>[B, E, N]</c> to <c>[B, C, E, N]</c>.</summary>
    protected abstract Tensor Convolve(Tensor u);

    /// <summary>e^(Δw) <c>[E, modes]</c> and C̃ = C (e^(Δw) − 1)/w <c>[C or 2C, E, modes]</c>.</summary>
    protected (Tensor Decay, Tensor Weights) Modes()
    {
        var poles = complex(-get_parameter("log_w_real")!.exp(), get_parameter("w_imag")!);                 // [1, modes]
        var decay = (poles * get_parameter("log_dt")!.exp().unsqueeze(-1)).exp();                           // [E, modes]
        return (decay, view_as_complex(get_parameter("C")!) * ((decay - 1) / poles));
    }

    /// <summary>2 Re C̃·x: <c>[B, E, modes]</c> to <c>[B, C, E]</c>.</summary>
    protected static Tensor Read(Tensor state, Tensor weights) => 2 * (weights.unsqueeze(0) * state.unsqueeze(1)).sum(-1).real;

    /// <summary>The state after the last token: <c>[B, E, modes]</c>.</summary>
    private Tensor After(Tensor u)
    {
        var (decay, _) = Modes();
        var backwards = arange(u.shape[2] - 1, -1, -1, dtype: u.dtype, device: u.device);
        var powers = (decay.log().unsqueeze(-1) * backwards).exp();                                         // [E, modes, N]
        return (powers * u.unsqueeze(2)).sum(-1);
    }

    private static Tensor Inputs(LayerInputs inputs)
    {
        var u = inputs.Hidden.transpose(1, 2);                                                              // [B, E, N]
        return inputs.KeyMask is { } mask ? u * mask.unsqueeze(1).to(u.dtype) : u;
    }

    private Tensor Finish(Tensor convolved, Tensor hidden)
    {
        var skipped = convolved + get_parameter("D")!.unsqueeze(-1) * hidden.transpose(1, 2).unsqueeze(1);  // [B, C, E, N]
        return _output.forward(nn.functional.gelu(skipped.flatten(1, 2).transpose(1, 2)));
    }

    private void Register(string name, Tensor start) => register_parameter(name, new Parameter(start.DetachFromDisposeScope()));
}
