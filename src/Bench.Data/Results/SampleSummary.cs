using Bench.Domain.Analysis;

namespace Bench.Data.Results;

/// <summary>Median and 95 % interval of samples, by order statistics: cheap enough to be computed while a result is stored.</summary>
/// <param name="Median">Median.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end of the interval.</param>
/// <param name="Count">Number of samples.</param>
public readonly record struct SampleSummary(double Median, double Low, double High, int Count)
{
    /// <summary>Summary of at least one sample.</summary>
    public static SampleSummary Of(IReadOnlyList<double> samples)
    {
        var estimate = MedianInterval.OrderStatistic(samples);
        return new SampleSummary(estimate.Value, estimate.Interval.Lower, estimate.Interval.Upper, estimate.Count);
    }
}
