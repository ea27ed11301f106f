namespace Bench.Suites.Cab.Points;

/// <summary>Farthest point sampling: each next point is the one farthest from all chosen so far.</summary>
/// <remarks>Qi et al., "PointNet++", arXiv:1706.02413, section 3.2; starts with the first point, so the choice is a function of the cloud.</remarks>
public static class FarthestPoints
{
    /// <summary>Indices of the chosen points in the order of choice; O(N·count) time.</summary>
    /// <param name="cloud">Points, <c>[N, 3]</c> row-major.</param>
    /// <param name="count">How many; at most N.</param>
    /// <exception cref="ArgumentException">The cloud has fewer points.</exception>
    public static long[] Sample(ReadOnlySpan<float> cloud, int count)
    {
        var points = cloud.Length / 3;
        if (count > points)
        {
            throw new ArgumentException($"{count} points cannot be chosen from {points}.", nameof(count));
        }

        var distances = new float[points];
        Array.Fill(distances, float.PositiveInfinity);
        var chosen = new long[count];
        var last = 0;
        for (var i = 0; i < count; i++)
        {
            chosen[i] = last;
            float x = cloud[last * 3], y = cloud[(last * 3) + 1], z = cloud[(last * 3) + 2], most = -1;
            for (var j = 0; j < points; j++)
            {
                float dx = cloud[j * 3] - x, dy = cloud[(j * 3) + 1] - y, dz = cloud[(j * 3) + 2] - z;
                var distance = distances[j] = Math.Min(distances[j], (dx * dx) + (dy * dy) + (dz * dz));
                if (distance > most)
                {
                    (most, last) = (distance, j);
                }
            }
        }

        return chosen;
    }
}
