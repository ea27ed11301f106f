namespace Bench.Domain.Analysis;

/// <summary>What a pass must do at one length.</summary>
/// <param name="Length">N in tokens.</param>
/// <param name="Flops">Useful floating-point operations of one pass.</param>
/// <param name="Bytes">Least bytes that it moves.</param>
public readonly record struct RequiredWork(int Length, double Flops, double Bytes);

/// <summary>
/// The efficiency length that the roofline model predicts: both curves take the time that their work needs at the device's peaks,
/// max(FLOPs / peak FLOP/s, bytes / peak bandwidth). Where the measured length is longer, an implementation loses more to its own overhead
/// than the baseline does. (Williams, Waterman, Patterson 2009.)
/// </summary>
public static class RooflineEfficiencyLength
{
    /// <summary>Name of the protocol.</summary>
    public const string Protocol = "roofline";

    /// <summary>Finds the crossing of the two predicted curves over their common lengths.</summary>
    /// <param name="implementation">The implementation.</param>
    /// <param name="baseline">Work of the baseline.</param>
    /// <param name="method">Work of the implementation.</param>
    /// <param name="flopsPerSecond">Peak of matrix products, FLOP/s.</param>
    /// <param name="bytesPerSecond">Peak memory bandwidth, bytes/s.</param>
    /// <exception cref="ArgumentOutOfRangeException">A peak is not a positive number.</exception>
    public static EfficiencyLength Of(
        string implementation, IEnumerable<RequiredWork> baseline, IEnumerable<RequiredWork> method, double flopsPerSecond, double bytesPerSecond)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(flopsPerSecond);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytesPerSecond);
        CostCurve Predicted(string name, IEnumerable<RequiredWork> works) => new(
            name, works.Select(work => CostPoint.Of(work.Length, 1000 * Math.Max(work.Flops / flopsPerSecond, work.Bytes / bytesPerSecond))));
        return MeasuredEfficiencyLength.Of(Predicted("baseline", baseline), Predicted(implementation, method), seed: 0) with { Protocol = Protocol };
    }
}
