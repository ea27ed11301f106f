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

    /// <summary>Geometric mean of ratios with a 95 % interval: the ratios, one for each cell, are resampled.</summary>
    /// <param name="ratios">Positive ratios, at least one; with a single one the interval is that ratio.</param>
    /// <param name="seed">Seed of the resampling.</param>
    /// <exception cref="ArgumentException">No ratios, or one that is not positive.</exception>
    public static Estimate WithInterval(IReadOnlyList<double> ratios, long seed)
    {
        if (ratios.Count == 0 || ratios.Any(ratio => !(ratio > 0) || double.IsInfinity(ratio)))
        {
            throw new ArgumentException("A geometric mean needs at least one ratio, and only positive ones. Leave failed cells out before.", nameof(ratios));
        }

        double[] logs = [.. ratios.Select(ratio => Math.Log(ratio))];
        var means = MedianInterval.Resampled([logs], seed, MedianInterval.Resamples, Mean);
        var interval = Interval.OfPercentiles(means, 0.95);
        return new Estimate(Math.Exp(logs.Average()), new Interval(Math.Exp(interval.Lower), Math.Exp(interval.Upper)), ratios.Count);

        static double Mean(Span<double> sample)
        {
            var sum = 0.0;
            foreach (var value in sample)
            {
                sum += value;
            }

            return sum / sample.Length;
        }
    }
}
