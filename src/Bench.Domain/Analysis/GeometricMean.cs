namespace Bench.Domain.Analysis;

/// <summary>The mean of ratios: the exponential of the mean logarithm.</summary>
public static class GeometricMean
{
    /// <summary>
    /// Geometric mean of ratios, none of them counted below the floor, so that one near-zero value cannot carry the whole mean.
    /// </summary>
    /// <param name="ratios">Positive ratios to a fixed reference, at least one.</param>
    /// <param name="floor">Smallest ratio that counts, positive; ratios below it are raised to it.</param>
    /// <exception cref="ArgumentException">No ratios, or one that is not finite or is negative.</exception>
    public static double Of(IReadOnlyList<double> ratios, double floor)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(floor);
        if (ratios.Count == 0)
        {
            throw new ArgumentException("A mean of no ratios does not exist. A board with missing cells is not ranked.", nameof(ratios));
        }

        if (ratios.Any(ratio => !double.IsFinite(ratio) || ratio < 0))
        {
            throw new ArgumentException("A ratio is negative or not finite. Leave failed cells out before aggregating.", nameof(ratios));
        }

        return Math.Exp(ratios.Average(ratio => Math.Log(Math.Max(ratio, floor))));
    }
}
