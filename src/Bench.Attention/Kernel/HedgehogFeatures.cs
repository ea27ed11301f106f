using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Kernel;

/// <summary>
/// Hedgehog's learned features, per head: <c>[softmax(x W), softmax(−x W)]</c>, two softmaxes over D features each, bounded below by 1e−12. W
/// starts as the identity.
/// </summary>
/// <remarks>Zhang et al., "The Hedgehog and the Porcupine", arXiv:2402.04347, section 4.</remarks>
public sealed class HedgehogFeatures : FeatureMap
{
    private const double Smallest = 1e-12;

    private readonly int _headSize;

    /// <summary>Features of H heads.</summary>
    public HedgehogFeatures(int heads, int headSize)
        : base(headSize)
    {
        _headSize = headSize;
        register_parameter("weight", new Parameter(eye(headSize).expand(heads, headSize, headSize).clone()));
    }

    /// <inheritdoc />
    public override int Features => 2 * _headSize;

    /// <inheritdoc />
    public override Tensor forward(Tensor x)
    {
        var y = x.matmul(get_parameter("weight")!);                                   // [B, H, N, D]
        return cat([y.softmax(-1), (-y).softmax(-1)], -1).clamp(min: Smallest);
    }
}
