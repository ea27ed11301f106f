using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary><c>x / √(mean(x²) + ε) · weight</c> along the last axis.</summary>
/// <remarks>Zhang and Sennrich, "Root Mean Square Layer Normalization", arXiv:1910.07467.</remarks>
public sealed class RootMeanSquareNorm : nn.Module<Tensor, Tensor>
{
    private readonly double _epsilon;
    private readonly Parameter weight;

    /// <summary>A norm over the last <paramref name="size"/> numbers, weights 1.</summary>
    public RootMeanSquareNorm(long size, double epsilon)
        : base("norm")
    {
        _epsilon = epsilon;
        weight = new Parameter(ones(size));
        RegisterComponents();
    }

    /// <inheritdoc />
    public override Tensor forward(Tensor x) => x * (x.square().mean([-1], keepdim: true) + _epsilon).rsqrt() * weight;
}
