using Bench.Domain.Results;

namespace Bench.Suites.Training;

/// <summary>How one training went.</summary>
public sealed record TrainingOutcome
{
    /// <summary>The rate it used.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Why it ended without a model: the loss was not finite. Null when it did not.</summary>
    public string? Divergence { get; init; }

    /// <summary>Best test accuracy over its epochs; 0 when it diverged before the first.</summary>
    public required double Accuracy { get; init; }

    /// <summary>Test loss at that epoch; null when it diverged before the first.</summary>
    public double? Loss { get; init; }

    /// <summary>Optimiser steps done.</summary>
    public required int Steps { get; init; }

    /// <summary>Seconds by phase, over all processes that took part: train, evaluate, data (making batches) and wait (for them).</summary>
    public required SortedDictionary<string, double> Seconds { get; init; }

    /// <summary>Accuracy and loss after each epoch.</summary>
    public required IReadOnlyList<CurvePoint> Curve { get; init; }

    /// <summary>Accuracy after the last epoch on each segment of the test set, by the segment's name.</summary>
    public SortedDictionary<string, double> Slices { get; init; } = new(StringComparer.Ordinal);

    /// <summary>What was found out about the trained model.</summary>
    public SortedDictionary<string, double> Facts { get; init; } = new(StringComparer.Ordinal);
}

/// <summary>Where a training stands between two steps; with the optimiser's tensors it is all that a resume needs.</summary>
public sealed class TrainingProgress
{
    /// <summary>Optimiser steps done.</summary>
    public int Steps { get; set; }

    /// <summary>Whether the published rule has stopped it.</summary>
    public bool Stopped { get; set; }

    /// <summary>Best test accuracy so far; null before the first epoch ends.</summary>
    public double? BestAccuracy { get; set; }

    /// <summary>Test loss at that epoch.</summary>
    public double? BestLoss { get; set; }

    /// <summary>Evaluations so far.</summary>
    public List<CurvePoint> Curve { get; set; } = [];

    /// <summary>Seconds by phase so far.</summary>
    public SortedDictionary<string, double> Seconds { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Adds time to a phase.</summary>
    public void Spend(string phase, double seconds) => Seconds[phase] = Seconds.GetValueOrDefault(phase) + seconds;
}
