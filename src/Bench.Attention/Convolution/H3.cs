using System.ComponentModel.DataAnnotations;
using Bench.Attention.Layers;
using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Convolution;

/// <summary>Options of H3.</summary>
public sealed record H3Options
{
    /// <summary>Real numbers of state of the diagonal system per channel, half as many complex modes; even.</summary>
    [Range(2, 1024)]
    public int States { get; set; } = 16;

    /// <summary>K: tokens that the shift system remembers.</summary>
    [Range(1, 64)]
    public int Shift { get; set; } = 4;
}

/// <summary>
/// <c>y = W_o (q ⊙ SSM_diag(SSM_shift(k) ⊙ v))</c>: a shift system lets a key meet the value after it, a diagonal system remembers the product, the query
/// picks it up.
/// </summary>
/// <remarks>
/// Fu et al., "Hungry Hungry Hippos", arXiv:2212.14052, section 3, with heads of one channel. The shift system is a learned filter of K taps; the
/// diagonal one has poles −½ + iπm and steps log-uniform in [1e−3, 1e−1], as S4D-Lin (arXiv:2206.11893).
/// </remarks>
public abstract class H3 : AttentionLayer
{
    private readonly H3Options _options;
    private readonly Linear q_proj;
    private readonly Linear k_proj;
    private readonly Linear v_proj;
    private readonly Linear out_proj;
    private readonly ShortConvolution shift;

    /// <summary>Builds the layer.</summary>
    /// <exception cref="ArgumentException">The number of states is odd.</exception>
    protected H3(AttentionSettings settings, H3Options options)
        : base(settings)
    {
        if (options.States % 2 != 0)
        {
            throw new ArgumentException($"Option 'states' is {options.States}; complex modes come in pairs, so it must be even.");
        }

        _options = options;
        long width = settings.ModelSize, modes = options.States / 2;
        q_proj = nn.Linear(width, width);
        k_proj = nn.Linear(width, width);
        v_proj = nn.Linear(width, width);
        out_proj = nn.Linear(width, width);
        shift = new ShortConvolution(width, options.Shift);
        register_parameter("log_dt", new Parameter((rand(width) * (Math.Log(0.1) - Math.Log(0.001))) + Math.Log(0.001)));
        register_parameter("log_a_real", new Parameter(full([width, modes], Math.Log(0.5))));
        register_parameter("a_imag", new Parameter((arange(modes, dtype: ScalarType.Float32) * Math.PI).expand(width, modes).clone()));
        register_parameter("C", new Parameter(randn(width, modes, 2) * Math.Sqrt(0.5)));
        register_parameter("D", new Parameter(randn(width)));
        RegisterComponents();
    }

    /// <inheritdoc />
    public override bool Decodes => true;

    /// <inheritdoc />
    public override Tensor forward(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        var (query, product, _) = Products(inputs, null);
        return Finish(query, product, Remember(product)).MoveToOuterDisposeScope();   // [B, N, C]
    }

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        var (query, product, window) = Products(inputs, null);
        var state = new TensorState { Position = inputs.Hidden.shape[1] };
        var (logDecay, _) = Modes();
        var backwards = arange(product.shape[1] - 1, -1, -1, dtype: product.dtype, device: product.device);
        var powers = (logDecay.unsqueeze(-1) * backwards).exp();                      // [C, modes, N]
        var final = (powers * product.transpose(1, 2).unsqueeze(2)).sum(-1);          // [B, C, modes]
        Keep(state, final, window);
        return (Finish(query, product, Remember(product)).MoveToOuterDisposeScope(), state);
    }

    /// <inheritdoc />
    public override Tensor Step(LayerInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var kept = (TensorState)state;
        var (query, product, window) = Products(token, kept);
        var (logDecay, weights) = Modes();
        var after = (view_as_complex(kept["s"]) * logDecay.exp()) + product.transpose(1, 2); // [B, C, modes]
        var read = 2 * (after * weights).sum(-1).real;                                // [B, C]
        Keep(kept, after, window);
        kept.Position++;
        return Finish(query, product, read.unsqueeze(1)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) => (long)Settings.ModelSize * (_options.States + _options.Shift - 1);

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double n = shape.Length, width = Settings.ModelSize;
        return new AttentionCost(
            (shape.Batch * n * width * ((8 * width) + (2 * _options.Shift) + (3 * 5 * Math.Log2(2 * n)) + 4)) + (n * width * _options.States * 4),
            (2 * shape.Batch * n * width) + (4 * width * width),
            (shape.Batch * n * width * 8) + (n * width * _options.States));
    }

    /// <summary>What the diagonal system gives for every token, <c>[B, N, C]</c>.</summary>
    protected abstract Tensor Remember(Tensor product);

    /// <summary>The diagonal system as a filter, <c>[C, L]</c>.</summary>
    protected Tensor Taps(long length)
    {
        var (logDecay, weights) = Modes();
        var powers = (logDecay.unsqueeze(-1) * arange(length, dtype: weights.real.dtype, device: weights.device)).exp(); // [C, modes, L]
        return 2 * (weights.unsqueeze(-1) * powers).sum(1).real;
    }

    /// <summary>Δ·A and C̃ = C (e^{ΔA} − 1)/A, <c>[C, modes]</c> each.</summary>
    protected (Tensor LogDecay, Tensor Weights) Modes()
    {
        var poles = complex(-get_parameter("log_a_real")!.exp(), get_parameter("a_imag")!);
        var logDecay = poles * get_parameter("log_dt")!.exp().unsqueeze(-1);
        return (logDecay, view_as_complex(get_parameter("C")!) * ((logDecay.exp() - 1) / poles));
    }

    private (Tensor Query, Tensor Product, Tensor Window) Products(LayerInputs inputs, TensorState? before)
    {
        var (key, value) = (inputs.WithoutPadding(k_proj.forward(inputs.Hidden)), inputs.WithoutPadding(v_proj.forward(inputs.Hidden)));
        var reach = _options.Shift - 1L;
        var window = before is null ? nn.functional.pad(key, [0, 0, reach, 0]) : cat([before["k"], key], 1);
        return (q_proj.forward(inputs.Hidden), shift.forward(window).narrow(1, reach, key.shape[1]) * value, window);
    }

    private Tensor Finish(Tensor query, Tensor product, Tensor remembered) =>
        out_proj.forward(query * (remembered + (get_parameter("D")! * product)));

    private void Keep(TensorState kept, Tensor state, Tensor window)
    {
        kept["s"] = view_as_real(state).detach().clone();
        kept["k"] = CausalConvolution.Tail(window, _options.Shift);
    }
}

/// <summary>H3 token by token.</summary>
[Attention("h3/recurrent", AttentionPattern.CausalSelf,
    Title = "H3", Paper = "arXiv:2212.14052", Time = "O(N·S·E)", Memory = "O(N·E)", State = "E·(S + K − 1)", Reference = true)]
public sealed class RecurrentH3(AttentionSettings settings, H3Options options) : H3(settings, options)
{
    /// <inheritdoc />
    protected override Tensor Remember(Tensor product)
    {
        var (logDecay, weights) = Modes();
        var decay = logDecay.exp();
        var state = zeros_like(decay).unsqueeze(0);                                   // [1, C, modes]
        var outputs = new List<Tensor>();
        for (long t = 0; t < product.shape[1]; t++)
        {
            state = (state * decay) + product.select(1, t).unsqueeze(-1);
            outputs.Add(2 * (state * weights).sum(-1).real);
        }

        return stack(outputs, 1);
    }
}

/// <summary>H3 with its diagonal system as a long convolution by Fourier transform.</summary>
[Attention("h3/fft", AttentionPattern.CausalSelf,
    Title = "H3", Paper = "arXiv:2212.14052", Time = "O(N·(S + log N)·E)", Memory = "O(N·S·E)", State = "E·(S + K − 1)")]
public sealed class FourierH3(AttentionSettings settings, H3Options options) : H3(settings, options)
{
    /// <inheritdoc />
    protected override Tensor Remember(Tensor product) => CausalConvolution.Fourier(product, Taps(product.shape[1]));
}
