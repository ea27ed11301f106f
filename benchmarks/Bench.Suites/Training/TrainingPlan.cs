namespace Bench.Suites.Training;

/// <summary>How a token model is trained: the published recipe's numbers, all of which a suite may set.</summary>
public sealed record TrainingPlan
{
    /// <summary>Learning rates of the sweep; every row of a table uses the same grid, and the best by validation counts.</summary>
    public required IReadOnlyList<double> LearningRates { get; init; }

    /// <summary>Most passes over the training rows.</summary>
    public int Epochs { get; init; } = 64;

    /// <summary>Rows per optimiser step.</summary>
    public int Batch { get; init; } = 64;

    /// <summary>Training rows.</summary>
    public int TrainRows { get; init; } = 10_000;

    /// <summary>Test rows.</summary>
    public int TestRows { get; init; } = 1_000;

    /// <summary>AdamW's weight decay.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Accuracy above which training stops early: the published rule, the only one.</summary>
    public double StopAbove { get; init; } = 0.99;
}

/// <summary>What a model is trained on and tested with.</summary>
/// <param name="Train">Training batches.</param>
/// <param name="Test">Rows that accuracy and the stop rule are about.</param>
/// <param name="Slices">Parts on which accuracy is reported apart at the end, such as longer rows; empty for none.</param>
public sealed record TrainingData(BatchOrder Train, IReadOnlyList<RowSegment> Test, IReadOnlyList<RowSegment> Slices);
