using static TorchSharp.torch;

namespace Bench.Suites.Training;

/// <summary>Which held-out data a model is measured on.</summary>
public enum EvaluationSplit
{
    /// <summary>During training: for curves, for choosing the state that is kept, for stopping.</summary>
    Validation,

    /// <summary>Once, at the end: the reported figures.</summary>
    Test,
}

/// <summary>
/// A learning problem as <see cref="TrainingLoop{TBatch}"/> sees it: a model, its batches, its loss and its metrics. Everything random must
/// follow from <see cref="MakeBatch"/>'s step and from <see cref="Reseed"/>, so that a resumed training equals an uninterrupted one.
/// </summary>
/// <typeparam name="TBatch">Plain arrays; no tensors, because batches are made on another thread.</typeparam>
public interface ILearner<TBatch> : IDisposable
    where TBatch : class
{
    /// <summary>The model, with freshly drawn weights, on its device. The learner owns it.</summary>
    nn.Module Model { get; }

    /// <summary>
    /// The batch of a step, a function of the step alone. Runs on a thread of its own: it must touch no tensor, and should allocate little
    /// (rows made beforehand and cut from flat arrays), because garbage is only collected between two steps.
    /// </summary>
    /// <param name="step">From 0. With gradients accumulated over A batches, optimiser step s takes the batches s·A … s·A + A − 1.</param>
    TBatch MakeBatch(long step);

    /// <summary>Mean loss of the batch, a float32 scalar with its graph. Called in training mode inside a dispose scope.</summary>
    Tensor Loss(TBatch batch);

    /// <summary>Tokens, pixels, points, frames or time steps that the batch trains on.</summary>
    long Tokens(TBatch batch);

    /// <summary>
    /// Metrics on held-out data by name, and numbers about them such as <c>testRows</c>. Called in evaluation mode, without gradients, inside
    /// a dispose scope, after a <see cref="Reseed"/> that is the same every time. Use inner scopes for each batch.
    /// </summary>
    SortedDictionary<string, double> Evaluate(EvaluationSplit split);

    /// <summary>Seeds everything random for what comes next: dropout, noise or masks drawn in <see cref="Loss"/>, mechanisms that draw.</summary>
    void Reseed(long seed);
}
