using Bench.Domain.Results;

namespace Bench.Suites.Training;

/// <summary>Where a training of <see cref="TrainingLoop{TBatch}"/> stands between two steps, beside its tensors.</summary>
public sealed class LearningProgress
{
    /// <summary>Optimiser steps done.</summary>
    public int Steps { get; set; }

    /// <summary>Tokens trained on so far.</summary>
    public long Tokens { get; set; }

    /// <summary>Sum of the training losses since the last evaluation.</summary>
    public double LossSum { get; set; }

    /// <summary>How many losses are in it.</summary>
    public int LossCount { get; set; }

    /// <summary>Mean training loss up to the last evaluation; null before the first.</summary>
    public double? TrainLoss { get; set; }

    /// <summary>Best value of the selection metric; null before the first evaluation.</summary>
    public double? Best { get; set; }

    /// <summary>Step at which it was reached.</summary>
    public int BestStep { get; set; }

    /// <summary>Evaluations since then.</summary>
    public int Stale { get; set; }

    /// <summary>Whether patience has stopped the training.</summary>
    public bool Stopped { get; set; }

    /// <summary>States kept for averaging so far, as a ring: the newest is at (Kept − 1) modulo their number.</summary>
    public int Kept { get; set; }

    /// <summary>Evaluations so far.</summary>
    public List<CurvePoint> Curve { get; set; } = [];

    /// <summary>Seconds by phase so far.</summary>
    public SortedDictionary<string, double> Seconds { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Adds time to a phase.</summary>
    public void Spend(string phase, double seconds) => Seconds[phase] = Seconds.GetValueOrDefault(phase) + seconds;
}
