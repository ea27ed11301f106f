using Bench.Domain.Randomness;
using Bench.Suites.Data;

namespace Bench.Suites.Cab.Points;

/// <summary>
/// Pairs from surfaces: a random mesh, turned about the vertical axis and stretched a little, brought to size 1; the complete cloud is spread over it, the
/// partial one is what is seen from one of eight directions.
/// </summary>
/// <param name="meshes">Gives the mesh of a generator: one of a list, or a new one.</param>
/// <param name="seed">Which sequence of pairs.</param>
/// <param name="partial">P.</param>
/// <param name="complete">G.</param>
/// <param name="heldOut">Pairs of the validation and of the test part.</param>
public sealed class MeshShapes(Func<CounterRandom, TriangleMesh> meshes, long seed, int partial, int complete, int heldOut) : IShapeSource
{
    /// <summary>Points from which the seen ones are taken: dense, so that a front hides what is behind it.</summary>
    private const int Dense = 4096;

    /// <summary>The distinct objects of the assimp package that have a closed shape: other files are cubes, single triangles or copies.</summary>
    private static readonly string[] Files = ["OBJ/WusonOBJ.obj", "OBJ/spider.obj", "OBJ/regr01.obj", "OBJ/concave_polygon.obj", "OBJ/box.obj", "STL/sphereWithHole.stl"];

    /// <summary>Pairs of superquadrics, boxes and tori; no two alike.</summary>
    public static MeshShapes Synthetic(long seed, int partial, int complete, int heldOut) => new(SyntheticShapes.Draw, seed, partial, complete, heldOut);

    /// <summary>
    /// Pairs of six test meshes of a package. The same six shapes are trained on and tested with, in other positions and from other directions.
    /// </summary>
    /// <exception cref="DataMissingException">The package is not prepared.</exception>
    public static MeshShapes Standin(long seed, int partial, int complete, int heldOut)
    {
        var folder = Path.Combine(DataFolder.Package("assimp"), "usr", "share", "assimp", "models");
        var meshes = Files.Select(file => MeshFile.Read(Path.Combine(folder, file)).Normalised()).ToList();
        return new MeshShapes(random => meshes[random.Next(meshes.Count)], seed, partial, complete, heldOut);
    }

    /// <inheritdoc />
    public int Count(string part) => part == "train" ? int.MaxValue : heldOut;

    /// <inheritdoc />
    public PointPair Make(string part, long index)
    {
        var random = new CounterRandom(seed, (index * 3) + ShapeParts.Number(part));
        var mesh = Place(meshes(random), random);
        var dense = mesh.Sample(random, Dense);
        var seen = VisiblePoints.From(dense, random.Next(VisiblePoints.Views));
        return new PointPair(Pick(seen, partial, random), mesh.Sample(random, complete));
    }

    /// <summary>As many points as asked: a random choice, each again where there are too few.</summary>
    /// <param name="cloud">At least one point.</param>
    /// <param name="count">How many.</param>
    /// <param name="random">Where chance comes from.</param>
    internal static float[] Pick(float[] cloud, int count, CounterRandom random)
    {
        var order = Enumerable.Range(0, cloud.Length / 3).ToArray();
        random.Shuffle(order.AsSpan());
        var picked = new float[count * 3];
        for (var i = 0; i < count; i++)
        {
            cloud.AsSpan(order[i % order.Length] * 3, 3).CopyTo(picked.AsSpan(i * 3));
        }

        return picked;
    }

    private static TriangleMesh Place(TriangleMesh mesh, CounterRandom random)
    {
        var angle = 2 * Math.PI * random.NextDouble();
        float cos = (float)Math.Cos(angle), sin = (float)Math.Sin(angle), wide = (float)(0.8 + (0.4 * random.NextDouble())), high = (float)(0.8 + (0.4 * random.NextDouble()));
        return mesh.Map(corner => (wide * ((cos * corner.X) - (sin * corner.Z)), high * corner.Y, (sin * corner.X) + (cos * corner.Z))).Normalised();
    }
}
