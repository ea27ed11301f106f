using Bench.Domain.Results;

namespace Bench.Suites.Training;

/// <summary>How a model is trained: numbers only, from the task's parameters.</summary>
public sealed record TrainingRecipe
{
    /// <summary>Optimiser steps.</summary>
    public required int Steps { get; init; }

    /// <summary>Steps between two evaluations on validation data; the last step is always evaluated.</summary>
    public required int EvaluateEvery { get; init; }

    /// <summary>The rate that the schedule's factors multiply.</summary>
    public required double LearningRate { get; init; }

    /// <summary>How the rate changes.</summary>
    public RateSchedule Schedule { get; init; } = RateSchedule.Constant;

    /// <summary>Adam's betas.</summary>
    public (double First, double Second) Betas { get; init; } = (0.9, 0.999);

    /// <summary>Adam's epsilon.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>How strongly weights shrink.</summary>
    public double WeightDecay { get; init; }

    /// <summary>AdamW's decay; false adds the multiple of the weights to the gradient.</summary>
    public bool DecoupledDecay { get; init; } = true;

    /// <summary>Largest norm of all gradients together; null for no limit.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>Batches whose gradients make one step; their mean loss counts.</summary>
    public int AccumulateSteps { get; init; } = 1;

    /// <summary>
    /// Evaluations without improvement after which training stops: only where the published recipe has such a rule. Null trains to the end.
    /// </summary>
    public int? Patience { get; init; }

    /// <summary>
    /// Validation metric by which the state to be tested is chosen, and patience counted; null tests the last state.
    /// </summary>
    public string? SelectionMetric { get; init; }

    /// <summary>Which way <see cref="SelectionMetric"/> improves.</summary>
    public Better SelectionBetter { get; init; } = Better.Higher;

    /// <summary>How many of the last evaluated states are averaged before the test; 0 for none. Excludes a selection.</summary>
    public int AverageLast { get; init; }

    /// <summary>The recipe itself, if its numbers fit together.</summary>
    /// <exception cref="ArgumentException">A number is out of range, or two rules exclude each other; the message says which.</exception>
    public TrainingRecipe Checked() =>
        Steps < 1 || EvaluateEvery < 1 || AccumulateSteps < 1 || AverageLast < 0
            ? throw new ArgumentException($"A recipe needs at least one step ({Steps}), evaluation interval ({EvaluateEvery}) and accumulated batch ({AccumulateSteps}).")
        : !(LearningRate > 0) || !double.IsFinite(LearningRate) ? throw new ArgumentException($"The learning rate is {LearningRate}; it must be above 0.")
        : Patience is { } patience && (patience < 1 || SelectionMetric is null)
            ? throw new ArgumentException($"Patience ({patience}) counts evaluations of a selection metric; name one, and let it be at least 1.")
        : AverageLast > 0 && SelectionMetric is not null
            ? throw new ArgumentException("Either the best state is tested or the average of the last ones, not both.")
        : this;
}
