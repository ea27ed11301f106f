using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>Softmax over the visible part of a row.</summary>
public static class MaskedSoftmax
{
    /// <summary>
    /// Softmax over the last axis where <paramref name="visible"/> is true; hidden entries get weight 0, and so does a row that sees nothing,
    /// in the output as in the gradient.
    /// </summary>
    /// <param name="scores">Logits.</param>
    /// <param name="visible">Booleans that broadcast to the logits.</param>
    public static Tensor Of(Tensor scores, Tensor visible)
    {
        using var scope = NewDisposeScope();
        var hidden = visible.logical_not();
        return scores.masked_fill(hidden, float.NegativeInfinity).softmax(-1).masked_fill(hidden, 0).MoveToOuterDisposeScope();
    }
}
