using static TorchSharp.torch;

namespace Bench.Attention.Kernel;

/// <summary>
/// Features of the second-order Taylor series of exp: φ(q)·φ(k) = 1 + s + s²/2 with s = q·k/√D. All products x_i x_j (1 + D + D² numbers), or
/// each pair once (1 + D + D(D+1)/2 numbers); both give the same weights.
/// </summary>
/// <remarks>Arora et al., "Simple linear attention language models balance the recall-throughput tradeoff", arXiv:2402.18668, section 4.</remarks>
public sealed class TaylorFeatures(int headSize, bool packed) : FeatureMap(headSize)
{
    private readonly int _headSize = headSize;

    /// <inheritdoc />
    public override int Features => 1 + _headSize + (packed ? _headSize * (_headSize + 1) / 2 : _headSize * _headSize);

    /// <inheritdoc />
    public override Tensor forward(Tensor x)
    {
        var root = Math.Sqrt(_headSize);
        var constant = ones_like(x.narrow(-1, 0, 1));
        var linear = x / Math.Sqrt(root);
        if (!packed)
        {
            var square = (x.unsqueeze(-1) * x.unsqueeze(-2)).flatten(-2) / (Math.Sqrt(2) * root); // [.., D²]
            return cat([constant, linear, square], -1);
        }

        var (rows, columns) = Pairs(x.device);
        var mixed = x.index_select(-1, rows) * x.index_select(-1, columns) / root;     // [.., D(D−1)/2]
        return cat([constant, linear, x.square() / (Math.Sqrt(2) * root), mixed], -1);
    }

    private (Tensor Rows, Tensor Columns) Pairs(Device device)
    {
        var pairs = Enumerable.Range(0, _headSize).SelectMany(i => Enumerable.Range(i + 1, _headSize - i - 1).Select(j => (i, j))).ToList();
        return (tensor(pairs.Select(pair => (long)pair.i).ToArray(), device: device), tensor(pairs.Select(pair => (long)pair.j).ToArray(), device: device));
    }
}
