using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Kernel;

/// <summary>
/// Features of a learnable quadratic kernel, shared by queries and keys: φ(q)·φ(k) = (q′·k′/√D)² with x′ = γ ⊙ LayerNorm(x) + β, each pair of
/// channels once.
/// </summary>
/// <remarks>Aksenov et al., "Linear Transformers with Learnable Kernel Functions are Better In-Context Models", arXiv:2402.10644, section 4.</remarks>
public sealed class QuadraticFeatures : FeatureMap
{
    private const double Epsilon = 1e-5;

    private readonly int _headSize;

    /// <summary>γ = 1 and β = 0 to begin with.</summary>
    public QuadraticFeatures(int headSize)
        : base(headSize)
    {
        _headSize = headSize;
        register_parameter("gamma", new Parameter(ones(headSize)));
        register_parameter("beta", new Parameter(zeros(headSize)));
    }

    /// <inheritdoc />
    public override int Features => _headSize * (_headSize + 1) / 2;

    /// <inheritdoc />
    public override Tensor forward(Tensor x)
    {
        var normal = nn.functional.layer_norm(x, [_headSize], get_parameter("gamma"), get_parameter("beta"), Epsilon);
        var pairs = (normal.unsqueeze(-1) * normal.unsqueeze(-2)).flatten(-2);        // [.., D²]
        var (indices, weights) = Packing(x.dtype, x.device);
        return pairs.index_select(-1, indices) * weights / Math.Sqrt(_headSize);      // [.., D(D+1)/2]
    }

    /// <summary>Upper triangle of the pairs; those off the diagonal stand for two.</summary>
    private (Tensor Indices, Tensor Weights) Packing(ScalarType dtype, Device device)
    {
        var pairs = Enumerable.Range(0, _headSize).SelectMany(i => Enumerable.Range(i, _headSize - i).Select(j => (i, j))).ToList();
        return (
            tensor(pairs.Select(pair => (long)(pair.i * _headSize + pair.j)).ToArray(), device: device),
            tensor(pairs.Select(pair => pair.i == pair.j ? 1.0 : Math.Sqrt(2)).ToArray(), dtype: dtype, device: device));
    }
}
