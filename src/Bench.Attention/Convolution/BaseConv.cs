using System.ComponentModel.DataAnnotations;
using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Convolution;

/// <summary>Options of BaseConv.</summary>
public sealed record BaseConvOptions
{
    /// <summary>Taps of the filter; 0 means as many as the longest sequence has tokens.</summary>
    [Range(0, 1 << 20)]
    public int Kernel { get; set; } = 3;
}

/// <summary><c>y = (W u + b) ⊙ (h ∗ u + c) + u</c>: the simplest gated convolution; h is learned tap by tap.</summary>
/// <remarks>Arora et al., "Zoology", arXiv:2312.04927, section 4.1; the residual is that of the authors' models.</remarks>
public abstract class BaseConv : AttentionLayer
{
    private readonly Linear projection;
    private readonly int _kernel;

    /// <summary>Builds the layer; taps as torch's convolution draws them.</summary>
    protected BaseConv(AttentionSettings settings, BaseConvOptions options)
        : base(settings)
    {
        _kernel = options.Kernel > 0 ? options.Kernel : settings.MaxLength;
        projection = nn.Linear(settings.ModelSize, settings.ModelSize);
        var bound = 1 / Math.Sqrt(_kernel);
        register_parameter("filter", new Parameter((rand(settings.ModelSize, _kernel) * 2 - 1) * bound));
        register_parameter("filter_bias", new Parameter((rand(settings.ModelSize) * 2 - 1) * bound));
        RegisterComponents();
    }

    /// <inheritdoc />
    public override bool Decodes => true;

    /// <inheritdoc />
    public override string? WhyNot(AttentionShape shape) => shape.Length > Settings.MaxLength && _kernel == Settings.MaxLength
        ? $"length {shape.Length} is longer than the filter of {_kernel} taps"
        : null;

    /// <inheritdoc />
    public override Tensor forward(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        var u = inputs.WithoutPadding(inputs.Hidden); // [B, N, C]
        return Gate(Convolve(u, get_parameter("filter")!), u).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        var state = new TensorState { Position = inputs.Hidden.shape[1] };
        state["u"] = CausalConvolution.Tail(nn.functional.pad(inputs.Hidden, [0, 0, _kernel - 1, 0]), _kernel);
        return (forward(inputs).MoveToOuterDisposeScope(), state);
    }

    /// <inheritdoc />
    public override Tensor Step(LayerInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var kept = (TensorState)state;
        var window = cat([kept["u"], token.Hidden], 1);                               // [B, K, C]
        var output = Gate(CausalConvolution.Newest(window, get_parameter("filter")!), token.Hidden);
        kept["u"] = CausalConvolution.Tail(window, _kernel);
        kept.Position++;
        return output.MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) => (_kernel - 1L) * Settings.ModelSize;

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double tokens = (double)shape.Batch * shape.Length, width = Settings.ModelSize, taps = Math.Min(_kernel, shape.Length);
        return new AttentionCost(
            tokens * width * ((2 * width) + (2 * Math.Min(taps, 5 * Math.Log2(2.0 * shape.Length))) + 3),
            (2 * tokens * width) + (width * (width + _kernel)), tokens * 5 * width);
    }

    /// <summary>h ∗ u.</summary>
    protected abstract Tensor Convolve(Tensor u, Tensor filter);

    private Tensor Gate(Tensor convolved, Tensor u) => ((convolved + get_parameter("filter_bias")!) * projection.forward(u)) + u;
}

/// <summary>BaseConv tap by tap.</summary>
[Attention("base-conv/direct", AttentionPattern.CausalSelf,
    Title = "BaseConv", Paper = "arXiv:2312.04927", Time = "O(N·K·E)", Memory = "O(N·E)", State = "E·(K − 1)", Reference = true)]
public sealed class DirectBaseConv(AttentionSettings settings, BaseConvOptions options) : BaseConv(settings, options)
{
    /// <inheritdoc />
    protected override Tensor Convolve(Tensor u, Tensor filter) => CausalConvolution.Direct(u, filter);
}

/// <summary>BaseConv by Fourier transform, for filters as long as the sequence.</summary>
[Attention("base-conv/fft", AttentionPattern.CausalSelf,
    Title = "BaseConv", Paper = "arXiv:2312.04927", Time = "O(N·log N·E)", Memory = "O(N·E)", State = "E·(K − 1)")]
public sealed class FourierBaseConv(AttentionSettings settings, BaseConvOptions options) : BaseConv(settings, options)
{
    /// <inheritdoc />
    protected override Tensor Convolve(Tensor u, Tensor filter) => CausalConvolution.Fourier(u, filter);
}
