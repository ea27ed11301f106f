using System.Numerics;

namespace Bench.Suites.Cab.Metrics;

/// <summary>How near two point clouds are to each other. Clouds are plain <c>[N, 3]</c> row-major coordinates.</summary>
/// <remarks>
/// Chamfer distances as the point-completion code that CAB calls (PoinTr, arXiv:2108.08839); F-score of Tatarchenko et al., arXiv:1905.03678. Every point is
/// compared with every other in O(N·M) time and O(N) memory: no table of distances is held.
/// </remarks>
public static class PointDistance
{
    /// <summary>Threshold of the F-score that CAB uses.</summary>
    public const double Threshold = 0.01;

    private const double Scale = 1000;

    /// <summary>CD-L1 × 1000: half the sum of the mean distances to the nearest point, both ways. Lower is better.</summary>
    public static double ChamferL1(ReadOnlySpan<float> cloud, ReadOnlySpan<float> truth) =>
        Scale * (MeanRoot(NearestSquares(cloud, truth)) + MeanRoot(NearestSquares(truth, cloud))) / 2;

    /// <summary>CD-L2 × 1000: the sum of the mean squared distances to the nearest point, both ways. Lower is better.</summary>
    public static double ChamferL2(ReadOnlySpan<float> cloud, ReadOnlySpan<float> truth) =>
        Scale * (NearestSquares(cloud, truth).Average(square => (double)square) + NearestSquares(truth, cloud).Average(square => (double)square));

    /// <summary>
    /// F-score, 2PR/(P + R): precision is the share of the cloud's points that have a true point nearer than the threshold, recall the share of true
    /// points that have one of the cloud's. Higher is better; 0 if no point is near.
    /// </summary>
    public static double FScore(ReadOnlySpan<float> cloud, ReadOnlySpan<float> truth, double threshold = Threshold)
    {
        var precision = Near(NearestSquares(cloud, truth), threshold);
        var recall = Near(NearestSquares(truth, cloud), threshold);
        return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
    }

    /// <summary>All three at once, with one search in each direction.</summary>
    public static (double ChamferL1, double ChamferL2, double FScore) All(ReadOnlySpan<float> cloud, ReadOnlySpan<float> truth)
    {
        float[] there = NearestSquares(cloud, truth), back = NearestSquares(truth, cloud);
        double precision = Near(there, Threshold), recall = Near(back, Threshold);
        return (
            Scale * (MeanRoot(there) + MeanRoot(back)) / 2,
            Scale * (there.Average(square => (double)square) + back.Average(square => (double)square)),
            precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall));
    }

    /// <summary>For each point of a cloud, the index of the nearest point of another.</summary>
    /// <exception cref="ArgumentException">A cloud is empty, or its length is no multiple of 3.</exception>
    public static int[] Nearest(ReadOnlySpan<float> from, ReadOnlySpan<float> to)
    {
        var found = new int[Count(from)];
        Search(from, to, found, []);
        return found;
    }

    /// <summary>For each point of a cloud, the squared distance to the nearest point of another.</summary>
    /// <exception cref="ArgumentException">A cloud is empty, or its length is no multiple of 3.</exception>
    public static float[] NearestSquares(ReadOnlySpan<float> from, ReadOnlySpan<float> to)
    {
        var squares = new float[Count(from)];
        Search(from, to, [], squares);
        return squares;
    }

    /// <summary>Goes over the other cloud in strips of a vector's width, each coordinate in a row of its own.</summary>
    private static void Search(ReadOnlySpan<float> from, ReadOnlySpan<float> to, Span<int> indices, Span<float> squares)
    {
        var (count, lanes) = (Count(to), Vector<float>.Count);
        var strips = (count + lanes - 1) / lanes;
        float[] xs = new float[strips * lanes], ys = new float[strips * lanes], zs = new float[strips * lanes];
        for (var i = 0; i < xs.Length; i++)
        {
            // The last point again where the strip is longer than the cloud: it never changes which point is nearest.
            var source = Math.Min(i, count - 1) * 3;
            (xs[i], ys[i], zs[i]) = (to[source], to[source + 1], to[source + 2]);
        }

        for (var i = 0; i < from.Length / 3; i++)
        {
            Vector<float> x = new(from[i * 3]), y = new(from[(i * 3) + 1]), z = new(from[(i * 3) + 2]), best = new(float.PositiveInfinity);
            var where = Vector<int>.Zero;
            for (var strip = 0; strip < strips; strip++)
            {
                Vector<float> dx = new Vector<float>(xs, strip * lanes) - x, dy = new Vector<float>(ys, strip * lanes) - y, dz = new Vector<float>(zs, strip * lanes) - z;
                var square = (dx * dx) + (dy * dy) + (dz * dz);
                var nearer = Vector.LessThan(square, best);
                best = Vector.ConditionalSelect(nearer, square, best);
                where = Vector.ConditionalSelect(nearer, new Vector<int>(strip), where);
            }

            var (least, index) = (float.PositiveInfinity, 0);
            for (var lane = 0; lane < lanes; lane++)
            {
                var candidate = Math.Min((where[lane] * lanes) + lane, count - 1);
                if (best[lane] < least || (best[lane] == least && candidate < index))
                {
                    (least, index) = (best[lane], candidate);
                }
            }

            if (indices.Length > 0)
            {
                indices[i] = index;
            }

            if (squares.Length > 0)
            {
                squares[i] = least;
            }
        }
    }

    private static int Count(ReadOnlySpan<float> cloud) => cloud.Length > 0 && cloud.Length % 3 == 0
        ? cloud.Length / 3
        : throw new ArgumentException($"A point cloud is a list of x, y, z with at least one point; this one has {cloud.Length} numbers.");

    private static double MeanRoot(float[] squares) => squares.Average(square => Math.Sqrt(square));

    private static double Near(float[] squares, double threshold) => (double)squares.Count(square => Math.Sqrt(square) < threshold) / squares.Length;
}
