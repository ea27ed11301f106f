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
}
