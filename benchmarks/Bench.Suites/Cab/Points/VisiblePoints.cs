namespace Bench.Suites.Cab.Points;

/// <summary>Which points of a cloud are seen from a direction: a depth image of small square cells keeps what lies in front.</summary>
/// <remarks>Partial clouds of PCN (Yuan et al., arXiv:1808.00671) come from depth images too, taken from eight places.</remarks>
public static class VisiblePoints
{
    /// <summary>Directions: the eight corners of a cube.</summary>
    public const int Views = 8;

    /// <summary>Points that are seen, in the order of the cloud, <c>[V, 3]</c>.</summary>
    /// <param name="cloud">Points within a ball of diameter about 1.7, <c>[N, 3]</c>.</param>
    /// <param name="view">Direction, from 0.</param>
    /// <param name="cell">Side of a cell; a point is seen when no other in its cell lies more than one side nearer.</param>
    public static float[] From(ReadOnlySpan<float> cloud, int view, float cell = 0.06f)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(view);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(view, Views);
        float sx = (view & 1) == 0 ? 1 : -1, sy = (view & 2) == 0 ? 1 : -1, sz = (view & 4) == 0 ? 1 : -1;
        var points = cloud.Length / 3;
        var (cells, depths) = (new (int, int)[points], new float[points]);
        var nearest = new Dictionary<(int, int), float>();
        for (var i = 0; i < points; i++)
        {
            float x = sx * cloud[i * 3], y = sy * cloud[(i * 3) + 1], z = sz * cloud[(i * 3) + 2];
            // Axes of the image: (1, −1, 0)/√2 and (1, 1, −2)/√6; the eye is far away at (1, 1, 1).
            cells[i] = ((int)MathF.Floor((x - y) * 0.70710678f / cell), (int)MathF.Floor((x + y - (2 * z)) * 0.40824829f / cell));
            depths[i] = -(x + y + z) * 0.57735027f;
            if (!nearest.TryGetValue(cells[i], out var front) || depths[i] < front)
            {
                nearest[cells[i]] = depths[i];
            }
        }

        var seen = new List<float>();
        for (var i = 0; i < points; i++)
        {
            if (depths[i] <= nearest[cells[i]] + cell)
            {
                seen.AddRange(cloud.Slice(i * 3, 3));
            }
        }

        return [.. seen];
    }
}
