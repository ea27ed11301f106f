using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>Sinusoidal positions to add to hidden states.</summary>
/// <remarks>Vaswani et al., arXiv:1706.03762, section 3.5; sines in the even channels, cosines in the odd ones.</remarks>
public static class Sinusoids
{
    /// <summary>Positions <paramref name="first"/> to <paramref name="first"/> + N − 1: <c>[N, E]</c>.</summary>
    public static Tensor Of(long length, int size, long first = 0, ScalarType dtype = ScalarType.Float32, Device? device = null)
    {
        using var scope = NewDisposeScope();
        var position = arange(first, first + length, dtype: ScalarType.Float64, device: device).unsqueeze(-1);
        var channel = arange(size, dtype: ScalarType.Int64, device: device);
        var frequency = pow(10_000, (channel - channel.remainder(2)).to(ScalarType.Float64) / -size);
        var angles = position * frequency;                                                          // [N, E]
        return where(channel.remainder(2).eq(0), angles.sin(), angles.cos()).to(dtype).MoveToOuterDisposeScope();
    }

    /// <summary>[sin(p f), cos(p f)] with f_k = 10000^(−2k/E), sines first, for given positions <c>[P]</c>: <c>[P, E]</c>.</summary>
    /// <remarks>Dai et al., arXiv:1901.02860: the relative positions of Transformer-XL.</remarks>
    public static Tensor Halves(Tensor positions, int size, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        var frequencies = pow(10000, arange(0, size, 2, ScalarType.Float64, positions.device) / -size);
        var angles = positions.to(ScalarType.Float64).unsqueeze(1) * frequencies;
        return cat([angles.sin(), angles.cos()], 1).narrow(1, 0, size).to(dtype).MoveToOuterDisposeScope();
    }
}
