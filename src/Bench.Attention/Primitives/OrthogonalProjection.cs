using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>Random projections with orthogonal rows (Choromanski et al., arXiv:2009.14794, section 2.4).</summary>
public static class OrthogonalProjection
{
    /// <summary>
    /// <c>[features, size]</c> from torch's seed: blocks of at most <paramref name="size"/> orthonormal rows, each row stretched by the length
    /// of an independent Gaussian vector.
    /// </summary>
    public static Tensor Draw(int features, int size)
    {
        using var scope = NewDisposeScope();
        var blocks = new List<Tensor>();
        for (var at = 0; at < features; at += size)
        {
            var (orthonormal, _) = linalg.qr(randn(size, size));
            blocks.Add(orthonormal.transpose(0, 1).narrow(0, 0, Math.Min(size, features - at)));
        }

        return (cat(blocks) * randn(features, size).norm(1, keepdim: true)).MoveToOuterDisposeScope();
    }
}
