using Bench.Domain.Results;

namespace Bench.Suites.Training;

/// <summary>How a training of <see cref="TrainingLoop{TBatch}"/> went.</summary>
public sealed record LearningOutcome
{
    /// <summary>What the learner found on test data, by name.</summary>
    public required SortedDictionary<string, double> Test { get; init; }

    /// <summary>Validation metrics and mean training loss at each evaluation.</summary>
    public required IReadOnlyList<CurvePoint> Curve { get; init; }

    /// <summary>Optimiser steps done.</summary>
    public required int Steps { get; init; }

    /// <summary>Step whose state was tested; the last one without a selection.</summary>
    public required int TestedStep { get; init; }

    /// <summary>Tokens trained on.</summary>
    public required long Tokens { get; init; }

    /// <summary>Mean training loss between the last two evaluations.</summary>
    public required double TrainLoss { get; init; }

    /// <summary>Seconds by phase, over all processes that took part: train, evaluate, data (making batches) and wait (for them).</summary>
    public required SortedDictionary<string, double> Seconds { get; init; }
}
