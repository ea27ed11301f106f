using Bench.Domain.Randomness;

namespace Bench.Suites.Cab.Points;

/// <summary>A surface of triangles.</summary>
/// <param name="Vertices">Corners, <c>[V, 3]</c> row-major.</param>
/// <param name="Faces">Indices of corners, <c>[T, 3]</c> row-major.</param>
public sealed record TriangleMesh(float[] Vertices, int[] Faces)
{
    /// <summary>Points spread evenly over the surface, <c>[count, 3]</c>.</summary>
    /// <param name="random">Where chance comes from.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="InvalidDataException">The surface has no area.</exception>
    public float[] Sample(CounterRandom random, int count)
    {
        var sums = new double[Faces.Length / 3];
        double area = 0;
        for (var face = 0; face < sums.Length; face++)
        {
            sums[face] = area += Area(face);
        }

        if (!(area > 0))
        {
            throw new InvalidDataException("The mesh has no area, so no point can be drawn on it.");
        }

        var points = new float[count * 3];
        for (var i = 0; i < count; i++)
        {
            var found = Array.BinarySearch(sums, random.NextDouble() * area);
            var face = Math.Min(found < 0 ? ~found : found, sums.Length - 1);
            // Uniform in a triangle (Osada et al., "Shape distributions", 2002).
            double root = Math.Sqrt(random.NextDouble()), share = random.NextDouble();
            for (var axis = 0; axis < 3; axis++)
            {
                points[(i * 3) + axis] = (float)(((1 - root) * Corner(face, 0, axis)) + (root * (1 - share) * Corner(face, 1, axis)) + (root * share * Corner(face, 2, axis)));
            }
        }

        return points;
    }

    /// <summary>The mesh with every corner moved.</summary>
    /// <param name="move">Gives a corner's new place.</param>
    public TriangleMesh Map(Func<(float X, float Y, float Z), (float X, float Y, float Z)> move)
    {
        var moved = new float[Vertices.Length];
        for (var i = 0; i < moved.Length; i += 3)
        {
            (moved[i], moved[i + 1], moved[i + 2]) = move((Vertices[i], Vertices[i + 1], Vertices[i + 2]));
        }

        return this with { Vertices = moved };
    }

    /// <summary>The mesh in the middle of the coordinates with its longest side 1.</summary>
    public TriangleMesh Normalised()
    {
        var (low, high) = (new float[] { float.MaxValue, float.MaxValue, float.MaxValue }, new float[] { float.MinValue, float.MinValue, float.MinValue });
        // Corners that no triangle uses do not count.
        foreach (var corner in Faces)
        {
            for (var axis = 0; axis < 3; axis++)
            {
                low[axis] = Math.Min(low[axis], Vertices[(corner * 3) + axis]);
                high[axis] = Math.Max(high[axis], Vertices[(corner * 3) + axis]);
            }
        }

        var size = Math.Max(Enumerable.Range(0, 3).Max(axis => high[axis] - low[axis]), 1e-9f);
        return Map(corner => (
            (corner.X - ((low[0] + high[0]) / 2)) / size, (corner.Y - ((low[1] + high[1]) / 2)) / size, (corner.Z - ((low[2] + high[2]) / 2)) / size));
    }

    private float Corner(int face, int corner, int axis) => Vertices[(Faces[(face * 3) + corner] * 3) + axis];

    private double Area(int face)
    {
        Span<double> a = stackalloc double[3], b = stackalloc double[3];
        for (var axis = 0; axis < 3; axis++)
        {
            a[axis] = Corner(face, 1, axis) - Corner(face, 0, axis);
            b[axis] = Corner(face, 2, axis) - Corner(face, 0, axis);
        }

        double x = (a[1] * b[2]) - (a[2] * b[1]), y = (a[2] * b[0]) - (a[0] * b[2]), z = (a[0] * b[1]) - (a[1] * b[0]);
        return Math.Sqrt((x * x) + (y * y) + (z * z)) / 2;
    }
}
