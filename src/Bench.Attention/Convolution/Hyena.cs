using System.ComponentModel.DataAnnotations;
using Bench.Attention.Layers;
using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Convolution;

/// <summary>Options of Hyena.</summary>
public sealed record HyenaOptions
{
    /// <summary>Gates; there are order − 1 long convolutions.</summary>
    [Range(2, 8)]
    public int Order { get; set; } = 2;

    /// <summary>K: taps of the short convolution over the projections.</summary>
    [Range(1, 64)]
    public int Kernel { get; set; } = 3;

    /// <summary>Frequencies that the filter's network sees.</summary>
    [Range(1, 256)]
    public int Bands { get; set; } = 16;

    /// <summary>Width of the filter's network.</summary>
    [Range(1, 4096)]
    public int FilterWidth { get; set; } = 64;
}

/// <summary>
/// Hyena's operator: projections x_0 … x_{n−1}, v through a short convolution; then <c>v ← h_i ∗ (x_i ⊙ v) + d_i (x_i ⊙ v)</c> for i = n − 1 … 1, and
/// <c>y = W_o (x_0 ⊙ v)</c>, with filters as long as the sequence.
/// </summary>
/// <remarks>Poli et al., "Hyena Hierarchy", arXiv:2302.10866, section 3. There is no state of fixed size: decode keeps what the long filters still read.</remarks>
public abstract class Hyena : AttentionLayer
{
    private readonly HyenaOptions _options;
    private readonly Linear in_proj;
    private readonly ShortConvolution short_filter;
    private readonly ImplicitFilter filter;
    private readonly Linear out_proj;

    /// <summary>Builds the layer.</summary>
    protected Hyena(AttentionSettings settings, HyenaOptions options)
        : base(settings)
    {
        _options = options;
        long width = settings.ModelSize, convolved = width * (options.Order - 1);
        in_proj = nn.Linear(width, width * (options.Order + 1));
        short_filter = new ShortConvolution(width * (options.Order + 1), options.Kernel, hasBias: true);
        filter = new ImplicitFilter(convolved, options.Bands, options.FilterWidth, settings.MaxLength);
        out_proj = nn.Linear(width, width);
        register_parameter("filter_bias", new Parameter(randn(convolved)));
        RegisterComponents();
    }

    /// <inheritdoc />
    public override bool Decodes => true;

    /// <inheritdoc />
    public override string? WhyNot(AttentionShape shape) => shape.Length > Settings.MaxLength
        ? $"length {shape.Length} is longer than the {Settings.MaxLength} that the filters are made for"
        : null;

    /// <inheritdoc />
    public override Tensor forward(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        return Run(inputs).Output.MoveToOuterDisposeScope();                          // [B, N, C]
    }

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        var (output, window, histories) = Run(inputs);
        var state = new TensorState { Position = inputs.Hidden.shape[1] };
        Keep(state, window, histories);
        return (output.MoveToOuterDisposeScope(), state);
    }

    /// <inheritdoc />
    public override Tensor Step(LayerInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var kept = (TensorState)state;
        var window = cat([kept["short"], in_proj.forward(token.Hidden)], 1);          // [B, K, (n + 1)·C]
        var parts = Parts(short_filter.forward(window).narrow(1, window.shape[1] - 1, 1));
        var taps = filter.Taps(kept.Position + 1).chunk(_options.Order - 1, 0);
        var histories = new List<Tensor>();
        var output = Mix(parts, (i, gated) =>
        {
            histories.Add(cat([kept[$"long{i}"], gated], 1));
            return CausalConvolution.Newest(histories[^1], taps[i]);
        });
        Keep(kept, window, histories);
        kept.Position++;
        return output.MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) => Settings.ModelSize
        * (((_options.Order + 1L) * (_options.Kernel - 1)) + ((_options.Order - 1L) * shape.Length));

    /// <inheritdoc />
    /// <remarks>Three transforms of twice the length for each long convolution, 2.5 N log₂ N each; the filter's network once a call.</remarks>
    public override AttentionCost Cost(AttentionShape shape)
    {
        double n = shape.Length, width = Settings.ModelSize, convolutions = _options.Order - 1, network = _options.FilterWidth;
        var perChannel = (2 * width * (_options.Order + 2)) + (2 * _options.Kernel * (_options.Order + 1)) + (convolutions * 3 * 5 * Math.Log2(2 * n)) + (2 * _options.Order);
        return new AttentionCost(
            (shape.Batch * n * width * perChannel) + (n * 2 * network * (network + (convolutions * width))),
            (2 * shape.Batch * n * width) + (width * width * (_options.Order + 2)),
            (shape.Batch * n * width * (_options.Order + 5)) + (n * convolutions * width));
    }

    /// <summary>h ∗ x for taps <c>[C, N]</c>.</summary>
    protected abstract Tensor Convolve(Tensor x, Tensor taps);

    private (Tensor Output, Tensor Window, List<Tensor> Histories) Run(LayerInputs inputs)
    {
        var projected = inputs.WithoutPadding(in_proj.forward(inputs.Hidden));
        var taps = filter.Taps(projected.shape[1]).chunk(_options.Order - 1, 0);
        var histories = new List<Tensor>();
        var output = Mix(Parts(inputs.WithoutPadding(short_filter.forward(projected))), (i, gated) =>
        {
            histories.Add(gated);
            return Convolve(gated, taps[i]);
        });
        return (output, nn.functional.pad(projected, [0, 0, _options.Kernel - 1, 0]), histories);
    }

    /// <summary>x_0 … x_{n−1} and v.</summary>
    private Tensor[] Parts(Tensor projected) => projected.chunk(_options.Order + 1, 2);

    private Tensor Mix(Tensor[] parts, Func<int, Tensor, Tensor> convolve)
    {
        var value = parts[^1];
        var biases = get_parameter("filter_bias")!.chunk(_options.Order - 1, 0);
        for (var i = 0; i < _options.Order - 1; i++)
        {
            var gated = value * parts[_options.Order - 1 - i];
            value = convolve(i, gated) + (biases[i] * gated);
        }

        return out_proj.forward(value * parts[0]);
    }

    private void Keep(TensorState kept, Tensor window, List<Tensor> histories)
    {
        kept["short"] = CausalConvolution.Tail(window, _options.Kernel);
        for (var i = 0; i < histories.Count; i++)
        {
            kept[$"long{i}"] = histories[i].detach().clone();
        }
    }
}

/// <summary>Hyena with its long convolutions tap by tap.</summary>
[Attention("hyena/direct", AttentionPattern.CausalSelf,
    Title = "Hyena", Paper = "arXiv:2302.10866", Time = "O(N²·E)", Memory = "O(N·E)", State = "E·N", Reference = true)]
public sealed class DirectHyena(AttentionSettings settings, HyenaOptions options) : Hyena(settings, options)
{
    /// <inheritdoc />
    protected override Tensor Convolve(Tensor x, Tensor taps) => CausalConvolution.Direct(x, taps);
}

/// <summary>Hyena by Fourier transform.</summary>
[Attention("hyena/fft", AttentionPattern.CausalSelf,
    Title = "Hyena", Paper = "arXiv:2302.10866", Time = "O(N·log N·E)", Memory = "O(N·E)", State = "E·N")]
public sealed class FourierHyena(AttentionSettings settings, HyenaOptions options) : Hyena(settings, options)
{
    /// <inheritdoc />
    protected override Tensor Convolve(Tensor x, Tensor taps) => CausalConvolution.Fourier(x, taps);
}
