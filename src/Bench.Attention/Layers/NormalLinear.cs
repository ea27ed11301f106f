using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>A projection as Mega and SeqBoat start it: weights normal with deviation 0.02, biases 0.</summary>
/// <remarks>Ma et al., arXiv:2209.10655; Ren et al., arXiv:2306.11197; the deviation is their code's.</remarks>
internal static class NormalLinear
{
    private const double Deviation = 0.02;

    /// <summary>Maps <c>[…, from]</c> to <c>[…, to]</c>.</summary>
    public static Linear Create(int from, int to)
    {
        var projection = nn.Linear(from, to);
        nn.init.normal_(projection.weight!, 0, Deviation);
        nn.init.zeros_(projection.bias!);
        return projection;
    }
}
