using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>Rotary positions: pairs of channels are turned by the position times a frequency.</summary>
/// <remarks>Su et al., "RoFormer", arXiv:2104.09864.</remarks>
public static class RotaryEmbedding
{
    /// <summary>Turns channels d and d + D/2 of <c>[…, N, D]</c> by <c>position · base^{−2d/D}</c>.</summary>
    /// <param name="x">Queries or keys, <c>[…, N, D]</c>.</param>
    /// <param name="positions">Position of each token, <c>[N]</c>.</param>
    /// <param name="base">Base of the frequencies.</param>
    /// <param name="single">Round the frequencies to float32, as models do that keep them as buffers.</param>
    public static Tensor Half(Tensor x, Tensor positions, double @base = 10000, bool single = false)
    {
        var size = x.shape[^1];
        var frequencies = 1 / pow(@base, arange(0, size, 2, dtype: ScalarType.Float64) / size);                 // [D/2]
        frequencies = single ? frequencies.to(ScalarType.Float32).to(ScalarType.Float64) : frequencies;
        var angles = positions.to(ScalarType.Float64).unsqueeze(-1) * frequencies;                                       // [N, D/2]
        var (cosine, sine) = (angles.cos().to(x.dtype).to(x.device), angles.sin().to(x.dtype).to(x.device));
        var (first, second) = (x.narrow(-1, 0, size / 2), x.narrow(-1, size / 2, size / 2));
        return cat([(first * cosine) - (second * sine), (second * cosine) + (first * sine)], -1);
    }

    /// <summary>The same with pairs of neighbours: channels 2d and 2d + 1.</summary>
    public static Tensor Interleaved(Tensor x, Tensor positions, double @base = 10000, bool single = false)
    {
        var pairs = x.unflatten(x.dim() - 1, [-1, 2]);                                         // [.., N, D/2, 2]
        var turned = Half(cat([pairs.select(-1, 0), pairs.select(-1, 1)], -1), positions, @base, single);
        return turned.unflatten(x.dim() - 1, [2, -1]).transpose(-2, -1).flatten(-2);
    }

    /// <summary>The same as <see cref="Half(Tensor, Tensor, double, bool)"/> for N positions from <paramref name="start"/> on.</summary>
    public static Tensor Half(Tensor x, long start = 0) => Half(x, arange(x.shape[^2], dtype: ScalarType.Float64) + start);
}
