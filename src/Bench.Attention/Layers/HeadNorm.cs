using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>A group norm over the heads of every token by itself, as RWKV applies it to the output of its recurrence.</summary>
/// <remarks>Y. Wu and K. He, "Group Normalization", arXiv:1803.08494; one group for each head.</remarks>
internal static class HeadNorm
{
    /// <summary>A norm with weights 1 and biases 0: TorchSharp leaves them as they come out of memory.</summary>
    /// <param name="heads">H: groups.</param>
    /// <param name="width">C: channels, a multiple of H.</param>
    /// <param name="epsilon">Added to the variance.</param>
    public static GroupNorm Create(int heads, long width, double epsilon)
    {
        var norm = nn.GroupNorm(heads, width, epsilon);
        nn.init.ones_(norm.weight!);
        nn.init.zeros_(norm.bias!);
        return norm;
    }

    /// <summary>Normalises the heads of every token.</summary>
    /// <param name="norm">Made by <see cref="Create"/>.</param>
    /// <param name="joined"><c>[B, N, C]</c>.</param>
    /// <returns><c>[B, N, C]</c>.</returns>
    public static Tensor Normalise(GroupNorm norm, Tensor joined) => norm.forward(joined.flatten(0, 1).unsqueeze(-1)).view_as(joined);
}
