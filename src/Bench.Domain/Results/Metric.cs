namespace Bench.Domain.Results;

/// <summary>Which way a metric improves.</summary>
public enum Better
{
    /// <summary>Smaller is better, as for times.</summary>
    Lower,

    /// <summary>Larger is better, as for accuracy.</summary>
    Higher,
}

/// <summary>A named quantity: its unit, direction and meaning.</summary>
/// <param name="Name">camelCase name with the unit in it where one exists, such as <c>timeMs</c>.</param>
/// <param name="Unit">Unit symbol, such as <c>ms</c>, <c>B</c> or <c>1</c> for a fraction.</param>
/// <param name="Better">Which way it improves.</param>
/// <param name="Title">Name for people.</param>
/// <param name="Description">What is measured and what is left out.</param>
public sealed record Metric(string Name, string Unit, Better Better, string Title, string Description)
{
    /// <summary>Wall time of one timed pass.</summary>
    public static Metric TimeMs { get; } = new(
        "timeMs", "ms", Better.Lower, "Time",
        "Wall time of one pass on a synchronised device, inputs ready in memory; warm-up excluded.");

    /// <summary>Peak memory above the inputs.</summary>
    public static Metric PeakMemoryBytes { get; } = new(
        "peakMemoryBytes", "B", Better.Lower, "Peak memory",
        "Largest memory held during one pass, above what the inputs and the process held before it.");

    /// <summary>Decode state.</summary>
    public static Metric StateSizeBytes { get; } = new(
        "stateSizeBytes", "B", Better.Lower, "State size",
        "Bytes kept per sequence between decode steps at the cell's length.");

    /// <summary>Recall accuracy over scored positions.</summary>
    public static Metric Accuracy { get; } = new(
        "accuracy", "1", Better.Higher, "Accuracy",
        "Mean over test rows of the share of scored positions that are predicted right.");

    /// <summary>Recall accuracy on a part of the test set, such as <c>n256</c> for rows of 256 tokens.</summary>
    public static Metric AccuracyAt(string slice) => Accuracy with
    {
        Name = $"{Accuracy.Name}.{slice}",
        Title = $"Accuracy at {slice}",
        Description = "Accuracy on a part of the test set after the last epoch.",
    };

    /// <summary>Training speed.</summary>
    public static Metric TrainStepsPerSecond { get; } = new(
        "trainStepsPerSecond", "1/s", Better.Higher, "Training steps per second",
        "Optimiser steps per second of wall time, evaluation excluded.");

    /// <summary>Cross entropy at the end of training.</summary>
    public static Metric TestLoss { get; } = new(
        "testLoss", "nat", Better.Lower, "Test loss", "Mean cross entropy over scored test positions.");

    /// <summary>The metrics that every part of the product knows; tasks may add their own through the catalogue.</summary>
    public static IReadOnlyList<Metric> Known { get; } =
        [TimeMs, PeakMemoryBytes, StateSizeBytes, Accuracy, TrainStepsPerSecond, TestLoss];
}
