namespace Bench.Suites.Cab.Points;

/// <summary>A shape as it is seen and as it is.</summary>
/// <param name="Partial">What is seen, <c>[P, 3]</c>.</param>
/// <param name="Complete">The whole surface, <c>[G, 3]</c>.</param>
public sealed record PointPair(float[] Partial, float[] Complete);

/// <summary>Makes pairs; pure, so that the same ones can be made again on any thread.</summary>
public interface IShapeSource
{
    /// <summary>Pairs of a part; training pairs may repeat after them.</summary>
    /// <param name="part"><c>train</c>, <c>val</c> or <c>test</c>.</param>
    int Count(string part);

    /// <summary>A pair of a part.</summary>
    /// <param name="part"><c>train</c>, <c>val</c> or <c>test</c>.</param>
    /// <param name="index">Which; any number from 0.</param>
    PointPair Make(string part, long index);
}

/// <summary>Parts of a data set as numbers for seeds.</summary>
internal static class ShapeParts
{
    /// <summary>0 for training, 1 for validation, 2 for the test.</summary>
    public static int Number(string part) => part switch
    {
        "train" => 0,
        "val" => 1,
        "test" => 2,
        _ => throw new ArgumentOutOfRangeException(nameof(part), part, "A part is train, val or test."),
    };
}
