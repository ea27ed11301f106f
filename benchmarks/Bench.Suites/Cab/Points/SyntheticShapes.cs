using Bench.Domain.Randomness;

namespace Bench.Suites.Cab.Points;

/// <summary>Surfaces made by rule: superquadrics (from boxes over balls to stars of eight points), boxes and tori.</summary>
/// <remarks>Barr, "Superquadrics and angle-preserving transformations", IEEE CG&amp;A 1(1), 1981.</remarks>
public static class SyntheticShapes
{
    private const int Around = 32;
    private const int Along = 16;

    /// <summary>A random surface: its kind, proportions and exponents follow from the generator.</summary>
    public static TriangleMesh Draw(CounterRandom random)
    {
        double a = 0.4 + (0.6 * random.NextDouble()), b = 0.4 + (0.6 * random.NextDouble()), c = 0.4 + (0.6 * random.NextDouble());
        var mesh = random.Next(3) switch
        {
            0 => Box(),
            1 => Torus(0.15 + (0.3 * random.NextDouble())),
            _ => Superquadric(0.3 + (1.7 * random.NextDouble()), 0.3 + (1.7 * random.NextDouble())),
        };
        return mesh.Map(corner => ((float)(a * corner.X), (float)(b * corner.Y), (float)(c * corner.Z)));
    }

    /// <summary>A superquadric of radius 1.</summary>
    /// <param name="pole">Exponent from pole to pole; 1 is round, near 0 square.</param>
    /// <param name="girth">Exponent around.</param>
    public static TriangleMesh Superquadric(double pole, double girth) => Grid((u, v) =>
    {
        double latitude = (v - 0.5) * Math.PI, longitude = u * 2 * Math.PI;
        var ring = Power(Math.Cos(latitude), pole);
        return (ring * Power(Math.Cos(longitude), girth), ring * Power(Math.Sin(longitude), girth), Power(Math.Sin(latitude), pole));
    });

    /// <summary>A torus of outer radius 1.</summary>
    /// <param name="tube">Radius of its tube.</param>
    public static TriangleMesh Torus(double tube) => Grid((u, v) =>
    {
        double longitude = u * 2 * Math.PI, turn = v * 2 * Math.PI, ring = 1 - tube + (tube * Math.Cos(turn));
        return (ring * Math.Cos(longitude), ring * Math.Sin(longitude), tube * Math.Sin(turn));
    });

    /// <summary>A cube of side 2.</summary>
    public static TriangleMesh Box() => new(
        [.. Enumerable.Range(0, 8).SelectMany(corner => new[] { corner & 1, (corner >> 1) & 1, corner >> 2 }).Select(bit => (2f * bit) - 1)],
        [0, 1, 3, 0, 3, 2, 4, 5, 7, 4, 7, 6, 0, 1, 5, 0, 5, 4, 2, 3, 7, 2, 7, 6, 0, 2, 6, 0, 6, 4, 1, 3, 7, 1, 7, 5]);

    private static double Power(double value, double exponent) => Math.Sign(value) * Math.Pow(Math.Abs(value), exponent);

    private static TriangleMesh Grid(Func<double, double, (double X, double Y, double Z)> surface)
    {
        var (vertices, faces) = (new List<float>(), new List<int>());
        for (var row = 0; row <= Along; row++)
        {
            for (var column = 0; column <= Around; column++)
            {
                var (x, y, z) = surface((double)column / Around, (double)row / Along);
                vertices.AddRange([(float)x, (float)y, (float)z]);
                if (row > 0 && column > 0)
                {
                    int here = (row * (Around + 1)) + column, left = here - 1, below = here - Around - 1;
                    faces.AddRange([here, left, below, left, below - 1, below]);
                }
            }
        }

        return new TriangleMesh([.. vertices], [.. faces]);
    }
}
