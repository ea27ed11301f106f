namespace Bench.Domain.Results;

/// <summary>Metrics of tasks that train a model, beside those of <see cref="Metric"/>; each task lists the ones that it reports.</summary>
public static class TaskMetrics
{
    /// <summary>Training speed in what the model reads.</summary>
    public static Metric TrainTokensPerSecond { get; } = new(
        "trainTokensPerSecond", "1/s", Better.Higher, "Training tokens per second",
        "Tokens (pixels, points, frames, time steps) of a training batch, forward, backward and update; evaluation and waiting for data excluded.");

    /// <summary>Training loss at the end.</summary>
    public static Metric TrainLoss { get; } = new(
        "trainLoss", "1", Better.Lower, "Training loss", "Mean training loss between the last two evaluations.");

    /// <summary>Peak memory of a training.</summary>
    public static Metric TrainPeakMemoryBytes { get; } = new(
        "trainPeakMemoryBytes", "B", Better.Lower, "Training peak memory",
        "Largest resident memory of the training process above what it held before data and model were made, pages that its allocator keeps included; CPU only.");
}
