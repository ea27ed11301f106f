using static TorchSharp.torch;

namespace Bench.Attention.Kernel;

/// <summary>
/// Multi-dimensional linearised relative position: features whose products depend on the difference of grid positions only, so that linear
/// attention keeps its cost.
/// </summary>
/// <remarks>Qin et al., arXiv:2405.21022, section 3.3 (MD-LRPE).</remarks>
public static class LinearRelativePosition
{
    /// <summary><c>[x cos, x sin]</c>: <c>φ(q)·φ(k) = Σ_d q_d k_d cos((p_a − p′_a) θ_j)</c> for feature d = (axis a, index j).</summary>
    /// <param name="x">Queries or keys, <c>[B, H, prefix + Π grid, D]</c>, grid row-major after the prefix tokens.</param>
    /// <param name="theta">θ, <c>[H, ⌈D/m⌉]</c> for a grid of m axes.</param>
    /// <param name="grid">Length of each axis.</param>
    /// <returns><c>[B, H, N, 2D]</c>; prefix tokens get <c>[x, 0]</c>.</returns>
    /// <exception cref="ArgumentException">The grid has more places than x has tokens.</exception>
    public static Tensor Cosine(Tensor x, Tensor theta, IReadOnlyList<long> grid)
    {
        var places = grid.Aggregate(1L, (product, length) => product * length);
        var prefix = x.shape[2] - places;
        if (prefix < 0)
        {
            throw new ArgumentException($"The grid {string.Join("×", grid)} has {places} places, but there are only {x.shape[2]} tokens.", nameof(grid));
        }

        using var scope = NewDisposeScope();
        var axes = grid.Select((length, axis) => Axis(length, axis, grid, x));        // [places] each
        var angles = cat(axes.Select(position => position.view(1, -1, 1) * theta.unsqueeze(1)).ToArray(), -1).narrow(-1, 0, x.shape[3]); // [H, places, D]
        angles = cat([zeros([angles.shape[0], prefix, x.shape[3]], dtype: x.dtype, device: x.device), angles], 1).unsqueeze(0);
        return cat([x * angles.cos(), x * angles.sin()], -1).MoveToOuterDisposeScope();
    }

    /// <summary>Position along one axis of every place of the grid.</summary>
    private static Tensor Axis(long length, int axis, IReadOnlyList<long> grid, Tensor like)
    {
        var inner = grid.Skip(axis + 1).Aggregate(1L, (product, next) => product * next);
        var outer = grid.Take(axis).Aggregate(1L, (product, next) => product * next);
        return arange(length, dtype: like.dtype, device: like.device).repeat_interleave(inner).repeat(outer);
    }
}
