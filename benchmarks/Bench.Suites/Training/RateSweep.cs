using static TorchSharp.torch;

namespace Bench.Suites.Training;

/// <summary>
/// Trains a fresh model for each learning rate of the grid; every row of a table uses the same grid. Goes on from a checkpoint where there is one.
/// </summary>
/// <param name="build">A model with weights drawn from torch's seed.</param>
/// <param name="data">What models are trained on and tested with.</param>
/// <param name="plan">Numbers of the recipe.</param>
/// <param name="seed">Seed of weights, dropout and of mechanisms that draw random numbers.</param>
/// <param name="checkpoint">Where the state is kept; null keeps none.</param>
public sealed class RateSweep(Func<TokenModel> build, TrainingData data, TrainingPlan plan, int seed, CheckpointFile? checkpoint)
{
    /// <summary>Trains with every rate.</summary>
    /// <param name="report">Share done and a line for people.</param>
    /// <param name="examine">Finds out facts about a trained model; runs in evaluation mode without gradients.</param>
    /// <returns>One outcome for each rate, in the order of the grid.</returns>
    public IReadOnlyList<TrainingOutcome> Run(Action<double, string> report, Func<TokenModel, SortedDictionary<string, double>> examine)
    {
        var saved = checkpoint?.Load<SweepState>();
        var finished = saved is { } found ? found.State.Finished.ToList() : [];
        while (finished.Count < plan.LearningRates.Count)
        {
            var rate = plan.LearningRates[finished.Count];
            manual_seed(seed);
            using var model = build();
            using var training = new TokenTraining(model, data, plan, rate, ((long)seed << 16) + finished.Count);
            if (saved is { } before)
            {
                training.Restore(before.State.Current, before.State.OptimiserSteps, before.Tensors);
                saved = null;
            }

            var outcome = training.Run(
                (share, message) => report((finished.Count + share) / plan.LearningRates.Count, $"rate {rate:0.#####} {message}"),
                () => SaveWhenDue(finished, training));
            finished.Add(outcome.Divergence is null ? outcome with { Facts = Examine(model, examine) } : outcome);
        }

        checkpoint?.Delete();
        return finished;
    }

    private void SaveWhenDue(List<TrainingOutcome> finished, TokenTraining training)
    {
        if (checkpoint is not { IsDue: true })
        {
            return;
        }

        checkpoint.Save(
            new SweepState { Finished = finished, Current = training.Progress, OptimiserSteps = training.OptimiserSteps }, training.State);
    }

    private static SortedDictionary<string, double> Examine(TokenModel model, Func<TokenModel, SortedDictionary<string, double>> examine)
    {
        model.eval();
        using var nograd = no_grad();
        using var scope = NewDisposeScope();
        return examine(model);
    }
}
