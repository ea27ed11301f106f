using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>Padding masks for heads.</summary>
public static class FlattenedMask
{
    /// <summary>A mask for every head of a sequence.</summary>
    /// <param name="mask"><c>[B, M]</c>.</param>
    /// <param name="heads">H.</param>
    /// <param name="cabOrder">
    /// Give flattened row r = b·H + h the mask of sequence r mod B, as CAB's Performer, LARA and Nyströmformer do: sequences with
    /// different padding then receive each other's masks.
    /// </param>
    /// <returns><c>[B, 1, M]</c>, or <c>[B, H, M]</c> in CAB's order.</returns>
    public static Tensor Of(Tensor mask, long heads, bool cabOrder)
    {
        if (!cabOrder)
        {
            return mask.unsqueeze(1);
        }

        using var scope = NewDisposeScope();
        var batch = mask.shape[0];
        return mask.index_select(0, arange(batch * heads, device: mask.device).remainder(batch)).view(batch, heads, -1).MoveToOuterDisposeScope();
    }
}
