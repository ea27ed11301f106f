namespace Bench.Suites.Training;

/// <summary>Where a sweep stands, beside its tensors.</summary>
public sealed record SweepState
{
    /// <summary>Trainings that are over.</summary>
    public required IReadOnlyList<TrainingOutcome> Finished { get; init; }

    /// <summary>The training that runs.</summary>
    public required TrainingProgress Current { get; init; }

    /// <summary>Steps that the optimiser counts.</summary>
    public required long OptimiserSteps { get; init; }
}
