using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>Means over consecutive groups of positions: the landmarks of Nyströmformer and LARA.</summary>
public static class SegmentMeans
{
    /// <summary>
    /// Splits N positions into <paramref name="groups"/> groups, the shorter ones first (⌊N/L⌋ positions, then one more), and averages each;
    /// the rows themselves when there are fewer rows than groups.
    /// </summary>
    /// <param name="rows"><c>[B, H, N, D]</c>.</param>
    /// <param name="groups">L.</param>
    /// <returns><c>[B, H, min(N, L), D]</c>.</returns>
    public static Tensor Of(Tensor rows, int groups)
    {
        using var scope = NewDisposeScope();
        return Fold(rows, groups, (part, size) => part.mean([3])).MoveToOuterDisposeScope();
    }

    /// <summary>The same over real positions only.</summary>
    /// <param name="rows"><c>[B, H, N, D]</c>.</param>
    /// <param name="mask"><c>[B, N]</c>, true where real.</param>
    /// <param name="groups">L.</param>
    /// <returns>Means <c>[B, H, L, D]</c>, zero for a group without a real position, and whether a group has one, <c>[B, L]</c>.</returns>
    public static (Tensor Means, Tensor Real) Of(Tensor rows, Tensor mask, int groups)
    {
        using var scope = NewDisposeScope();
        var weights = mask.to(rows.dtype)[.., TensorIndex.None, .., TensorIndex.None];    // [B, 1, N, 1]
        var sums = Fold(rows * weights, groups, (part, _) => part.sum(3));
        var counts = Fold(weights, groups, (part, _) => part.sum(3));                     // [B, 1, L, 1]
        return ((sums / counts.clamp(min: 1)).MoveToOuterDisposeScope(), counts.flatten(1).gt(0).MoveToOuterDisposeScope());
    }

    private static Tensor Fold(Tensor rows, int groups, Func<Tensor, long, Tensor> reduce)
    {
        var length = rows.shape[2];
        if (length < groups)
        {
            return rows.alias();
        }

        var size = length / groups;
        var (longer, shorter) = (length % groups, groups - length % groups);
        var first = reduce(rows.narrow(2, 0, shorter * size).unflatten(2, [shorter, size]), size);
        return longer == 0
            ? first
            : cat([first, reduce(rows.narrow(2, shorter * size, longer * (size + 1)).unflatten(2, [longer, size + 1]), size + 1)], 2);
    }
}
