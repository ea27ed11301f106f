namespace Bench.Domain.Results;

/// <summary>All repetitions of one metric in one run, in the order in which they were taken.</summary>
public sealed record MetricSamples
{
    /// <summary>Name in the metric catalogue.</summary>
    public required string Name { get; init; }

    /// <summary>Unit of every sample.</summary>
    public required string Unit { get; init; }

    /// <summary>Which way the metric improves.</summary>
    public required Better Better { get; init; }

    /// <summary>Finite numbers, one for each repetition. Never an average of several.</summary>
    public required IReadOnlyList<double> Samples { get; init; }

    /// <summary>How many of the samples each timing process contributed, in order; empty when there was one process.</summary>
    public IReadOnlyList<int> SamplesPerProcess { get; init; } = [];

    /// <summary>Samples of a catalogued metric.</summary>
    public static MetricSamples Of(Metric metric, params IReadOnlyList<double> samples) =>
        new() { Name = metric.Name, Unit = metric.Unit, Better = metric.Better, Samples = samples };
}
