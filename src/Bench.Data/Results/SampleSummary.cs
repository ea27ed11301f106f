namespace Bench.Data.Results;

/// <summary>Median and 95 % interval of samples.</summary>
/// <param name="Median">Median.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end of the interval.</param>
/// <param name="Count">Number of samples.</param>
public readonly record struct SampleSummary(double Median, double Low, double High, int Count)
{
    /// <summary>
    /// Order statistics: the narrowest symmetric pair of sorted samples that covers the median with at least 95 %; all of the range when there
    /// are too few samples for that.
    /// </summary>
    public static SampleSummary Of(IReadOnlyList<double> samples)
    {
        var sorted = samples.Order().ToArray();
        var n = sorted.Length;
        var median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
        // Chance that fewer than k of n samples lie below the median: the binomial tail at one half.
        var rank = 0;
        var term = Math.Pow(0.5, n);
        for (var tail = term; rank < n / 2 && term > 0 && tail <= 0.025; rank++)
        {
            term *= (double)(n - rank) / (rank + 1);
            tail += term;
        }

        var low = Math.Max(0, rank - 1);
        return new SampleSummary(median, sorted[low], sorted[n - 1 - low], n);
    }
}
