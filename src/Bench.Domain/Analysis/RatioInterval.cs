using Bench.Domain.Randomness;

namespace Bench.Domain.Analysis;

/// <summary>The ratio of two medians, or other quantiles, method to baseline, with a bootstrap interval; below 1 the method is cheaper.</summary>
public static class RatioInterval
{
    /// <summary>
    /// For runs that were interleaved: repetition i of the method and of the baseline were taken side by side, so a resample draws the same
    /// repetitions on both sides and drift of the machine cancels.
    /// </summary>
    /// <param name="method">Repetitions of the method by process.</param>
    /// <param name="baseline">Repetitions of the baseline, as many in every process as the method's.</param>
    /// <param name="seed">Seed of the resampling.</param>
    /// <param name="level">Coverage, such as 0.95.</param>
    /// <param name="resamples">How many resampled ratios.</param>
    /// <exception cref="ArgumentException">The two sides differ in processes or repetitions.</exception>
    public static Estimate Paired(
        IReadOnlyList<IReadOnlyList<double>> method,
        IReadOnlyList<IReadOnlyList<double>> baseline,
        long seed,
        double level = 0.95,
        int resamples = MedianInterval.Resamples)
    {
        var (ours, theirs) = (MedianInterval.Groups(method), MedianInterval.Groups(baseline));
        if (!ours.Select(group => group.Length).SequenceEqual(theirs.Select(group => group.Length)))
        {
            throw new ArgumentException(
                "Paired sides need equally many repetitions in every process. Use Unpaired for runs that were not interleaved.", nameof(baseline));
        }

        var random = new CounterRandom(seed);
        var size = ours.Max(group => group.Length) * ours.Length;
        var (a, b) = (new double[size], new double[size]);
        var ratios = new double[resamples];
        for (var r = 0; r < resamples; r++)
        {
            var filled = 0;
            for (var g = 0; g < ours.Length; g++)
            {
                var process = ours.Length == 1 ? 0 : random.Next(ours.Length);
                for (var i = 0; i < ours[process].Length; i++, filled++)
                {
                    var repetition = random.Next(ours[process].Length);
                    a[filled] = ours[process][repetition];
                    b[filled] = theirs[process][repetition];
                }
            }

            ratios[r] = Quantiles.MedianInPlace(a.AsSpan(0, filled)) / Quantiles.MedianInPlace(b.AsSpan(0, filled));
        }

        return new Estimate(Ratio(ours, theirs, Quantiles.MedianInPlace), Interval.OfPercentiles(ratios, level), ours.Sum(group => group.Length));
    }

    /// <summary>For runs taken at different times: each side is resampled by itself.</summary>
    /// <param name="method">Repetitions of the method by process.</param>
    /// <param name="baseline">Repetitions of the baseline by process.</param>
    /// <param name="seed">Seed of the resampling.</param>
    /// <param name="level">Coverage, such as 0.95.</param>
    /// <param name="resamples">How many resampled ratios.</param>
    /// <param name="quantile">Share of repetitions below what is compared; the median's by default.</param>
    public static Estimate Unpaired(
        IReadOnlyList<IReadOnlyList<double>> method,
        IReadOnlyList<IReadOnlyList<double>> baseline,
        long seed,
        double level = 0.95,
        int resamples = MedianInterval.Resamples,
        double quantile = 0.5)
    {
        double Of(Span<double> sample) => Quantiles.OfInPlace(sample, quantile);
        var (ours, theirs) = (MedianInterval.Groups(method), MedianInterval.Groups(baseline));
        var a = MedianInterval.Resampled(ours, seed, resamples, Of);
        var b = MedianInterval.Resampled(theirs, ~seed, resamples, Of);
        var ratios = a.Zip(b, (x, y) => x / y).ToArray();
        return new Estimate(
            Ratio(ours, theirs, Of), Interval.OfPercentiles(ratios, level), Math.Min(ours.Sum(g => g.Length), theirs.Sum(g => g.Length)));
    }

    private static double Ratio(double[][] method, double[][] baseline, MedianInterval.SampleStatistic statistic) =>
        statistic(method.SelectMany(group => group).ToArray()) / statistic(baseline.SelectMany(group => group).ToArray());
}
