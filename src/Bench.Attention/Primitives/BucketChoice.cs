using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>A choice of buckets whose weights carry gradients.</summary>
public static class BucketChoice
{
    /// <summary>
    /// The <paramref name="count"/> strongest buckets of each row, one after the other: each row of the result holds one softmax weight, taken
    /// over the buckets that are left.
    /// </summary>
    /// <param name="scores"><c>[.., n, m]</c>.</param>
    /// <param name="count">Choices a row, at most m.</param>
    /// <param name="temperature">Divides the scores.</param>
    /// <returns><c>[.., count·n, m]</c>: first choices of all rows, then second ones.</returns>
    public static Tensor Strongest(Tensor scores, int count, double temperature)
    {
        using var scope = NewDisposeScope();
        var chosen = new List<Tensor>();
        var left = scores;
        for (var i = 0; i < count; i++)
        {
            var (weights, index) = (left / temperature).softmax(-1).max(-1, keepdim: true);
            chosen.Add(zeros_like(scores).scatter(-1, index, weights));
            left = left.scatter(-1, index, full_like(weights, float.NegativeInfinity));
        }

        return cat(chosen, -2).MoveToOuterDisposeScope();
    }
}
