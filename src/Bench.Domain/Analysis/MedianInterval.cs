using Bench.Domain.Randomness;

namespace Bench.Domain.Analysis;

/// <summary>A median with its interval and what the interval really covers.</summary>
/// <param name="Value">The median.</param>
/// <param name="Interval">Plausible values of the true median.</param>
/// <param name="Count">Repetitions used.</param>
/// <param name="Coverage">Probability that an interval made this way contains the true median.</param>
public readonly record struct MedianEstimate(double Value, Interval Interval, int Count, double Coverage)
{
    /// <summary>False below five repetitions: the interval is drawn hollow and named not reliable.</summary>
    public bool IsReliable => Count >= 5;

    /// <summary>Half the interval's width relative to the median; the target of adaptive repetition.</summary>
    public double RelativeHalfWidth => Interval.Width / 2 / Math.Abs(Value);
}

/// <summary>Intervals of a median, which is how every time and memory figure is reported.</summary>
public static class MedianInterval
{
    /// <summary>Resamples of every bootstrap of a single figure.</summary>
    public const int Resamples = 2_000;

    /// <summary>
    /// The interval between two order statistics: no assumption except independent repetitions. The narrowest symmetric pair whose binomial
    /// coverage reaches the level; below six values the extremes, whose coverage is then lower and is reported.
    /// </summary>
    /// <param name="values">Repetitions in any order, at least one.</param>
    /// <param name="level">Wanted coverage, such as 0.95.</param>
    public static MedianEstimate OrderStatistic(IReadOnlyList<double> values, double level = 0.95)
    {
        double[] sorted = [.. values];
        Array.Sort(sorted);
        var median = Quantiles.OfSorted(sorted, 0.5);
        var n = sorted.Length;
        // Coverage of [x_(k+1), x_(n−k)] is 1 − 2·P(Binomial(n, ½) ≤ k).
        var tail = Math.Exp(-n * Math.Log(2));
        if (n < 2)
        {
            return new MedianEstimate(median, new Interval(median, median), n, 0);
        }

        var k = 0;
        while (k + 1 < n / 2)
        {
            var next = Math.Exp(SpecialFunctions.LogChoose(n, k + 1) - (n * Math.Log(2)));
            if (1 - (2 * (tail + next)) < level)
            {
                break;
            }

            tail += next;
            k++;
        }

        return new MedianEstimate(median, new Interval(sorted[k], sorted[n - 1 - k]), n, 1 - (2 * tail));
    }

    /// <summary>
    /// The percentile bootstrap interval over timing processes, then over the repetitions of each: differences between processes (layout of
    /// memory, placement) widen the interval as they should.
    /// </summary>
    /// <param name="processes">Repetitions of each process; none may be empty. One process means an ordinary bootstrap.</param>
    /// <param name="seed">Seed of the resampling, so that a reload shows the same interval.</param>
    /// <param name="level">Coverage, such as 0.95.</param>
    /// <param name="resamples">How many resampled medians.</param>
    public static MedianEstimate Bootstrap(
        IReadOnlyList<IReadOnlyList<double>> processes, long seed, double level = 0.95, int resamples = Resamples)
    {
        var groups = Groups(processes);
        var pooled = groups.SelectMany(group => group).ToArray();
        var median = Quantiles.MedianInPlace(pooled);
        var statistics = Resampled(groups, seed, resamples, Quantiles.MedianInPlace);
        return new MedianEstimate(median, Interval.OfPercentiles(statistics, level), pooled.Length, level);
    }

    /// <summary>A statistic of samples drawn again and again, by process and then by repetition.</summary>
    internal static double[] Resampled(double[][] groups, long seed, int resamples, SampleStatistic statistic)
    {
        var random = new CounterRandom(seed);
        var buffer = new double[groups.Max(group => group.Length) * groups.Length];
        var results = new double[resamples];
        for (var r = 0; r < resamples; r++)
        {
            var filled = 0;
            for (var g = 0; g < groups.Length; g++)
            {
                var group = groups.Length == 1 ? groups[0] : groups[random.Next(groups.Length)];
                for (var i = 0; i < group.Length; i++)
                {
                    buffer[filled++] = group[random.Next(group.Length)];
                }
            }

            results[r] = statistic(buffer.AsSpan(0, filled));
        }

        return results;
    }

    internal static double[][] Groups(IReadOnlyList<IReadOnlyList<double>> processes) =>
        processes.Count > 0 && processes.All(process => process.Count > 0)
            ? [.. processes.Select(process => process.ToArray())]
            : throw new ArgumentException(
                "A bootstrap needs at least one process and at least one repetition in each. Leave empty processes out.", nameof(processes));

    /// <summary>A number computed from a sample, which it may reorder.</summary>
    internal delegate double SampleStatistic(Span<double> sample);
}
