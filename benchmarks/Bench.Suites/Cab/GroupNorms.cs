using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Cab;

/// <summary>Group normalisation with its weights set.</summary>
internal static class GroupNorms
{
    /// <summary>A layer that starts with weights 1 and biases 0: TorchSharp 0.107 leaves its memory as it was.</summary>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="channels">Channels.</param>
    public static GroupNorm Create(int groups, int channels)
    {
        var norm = nn.GroupNorm(groups, channels);
        nn.init.ones_(norm.weight!);
        nn.init.zeros_(norm.bias!);
        return norm;
    }
}
