using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>Linear biases: a head's logits fall with the distance at a fixed slope of its own.</summary>
/// <remarks>Press et al., "Train Short, Test Long", arXiv:2108.12409, section 3.</remarks>
public static class Alibi
{
    /// <summary>
    /// One slope a head: 2^(−8/H), 2^(−16/H), … for a power of two; otherwise those of the next smaller power, then every second one of the next
    /// larger.
    /// </summary>
    public static double[] Slopes(int heads)
    {
        var power = 1 << (int)Math.Floor(Math.Log2(heads));
        var slopes = Enumerable.Range(1, power).Select(i => Math.Pow(2, -8.0 * i / power));
        var more = Enumerable.Range(0, heads - power).Select(i => Math.Pow(2, -8.0 * (2 * i + 1) / (2 * power)));
        return [.. slopes, .. more];
    }

    /// <summary>−slope·|i − j|: <c>[1, H, N, M]</c>, the first query standing at position <paramref name="first"/>.</summary>
    public static Tensor Bias(int heads, long queries, long keys, long first, ScalarType dtype, Device device)
    {
        using var scope = NewDisposeScope();
        var distance = (arange(first, first + queries, device: device).unsqueeze(1) - arange(keys, device: device)).abs().to(dtype); // [N, M]
        var slopes = tensor(Slopes(heads), dtype, device).view(1, heads, 1, 1);
        return (-slopes * distance).MoveToOuterDisposeScope();
    }
}
