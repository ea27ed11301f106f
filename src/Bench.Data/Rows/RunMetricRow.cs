using Bench.Domain.Results;

namespace Bench.Data.Rows;

/// <summary>All samples of one metric of one run in one row, with their summary.</summary>
public sealed class RunMetricRow
{
    /// <summary>Run.</summary>
    public required string RunId { get; set; }

    /// <summary>Metric name.</summary>
    public required string Name { get; set; }

    /// <summary>Unit of every sample.</summary>
    public required string Unit { get; set; }

    /// <summary>Which way it improves.</summary>
    public required Better Better { get; set; }

    /// <summary>Finite numbers in the order in which they were taken.</summary>
    public required double[] Samples { get; set; }

    /// <summary>How many samples each timing process contributed.</summary>
    public int[] SamplesPerProcess { get; set; } = [];

    /// <summary>Median of the samples.</summary>
    public required double Median { get; set; }

    /// <summary>Lower end of the 95 % interval of the median.</summary>
    public required double Low { get; set; }

    /// <summary>Upper end of the 95 % interval of the median.</summary>
    public required double High { get; set; }

    /// <summary>Number of samples.</summary>
    public required int Count { get; set; }

    /// <summary>The samples by process; one process when it is not known who took which.</summary>
    public IReadOnlyList<IReadOnlyList<double>> ByProcess() => ByProcess(Samples, SamplesPerProcess);

    /// <summary>Samples by process; one process when the counts do not add up to the samples.</summary>
    /// <param name="samples">Samples in the order in which they were taken.</param>
    /// <param name="counts">How many each process contributed.</param>
    public static IReadOnlyList<IReadOnlyList<double>> ByProcess(double[] samples, int[] counts)
    {
        if (counts.Length == 0 || counts.Sum() != samples.Length)
        {
            return [samples];
        }

        var start = 0;
        return [.. counts.Where(count => count > 0).Select(count => samples[start..(start += count)])];
    }
}
