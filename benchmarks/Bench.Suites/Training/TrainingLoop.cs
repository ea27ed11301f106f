using System.Diagnostics;
using System.Globalization;
using Bench.Domain.Randomness;
using Bench.Domain.Results;
using Bench.Suites.Harness;
using static TorchSharp.torch;

namespace Bench.Suites.Training;

/// <summary>
/// Trains a learner by a recipe: batches made ahead, gradients accumulated and clipped, one flat Adam, validation on a fixed seed, the state
/// chosen or averaged as the recipe says, one test at the end. A loss that is not finite ends the cell as diverged.
/// </summary>
/// <remarks>
/// A step draws its random numbers from a seed of its own, and its batch is a function of its number. So a training that goes on from any step
/// is bit for bit the one that never stopped.
/// </remarks>
/// <typeparam name="TBatch">The learner's batches.</typeparam>
public sealed class TrainingLoop<TBatch> : IDisposable
    where TBatch : class
{
    /// <summary>Name of the training loss on curves.</summary>
    private static readonly string TrainLossName = TaskMetrics.TrainLoss.Name;

    private readonly ILearner<TBatch> _learner;
    private readonly TrainingRecipe _recipe;
    private readonly long _seed;
    private readonly CheckpointFile? _checkpoint;
    private readonly FlatAdamW _optimiser;
    private readonly List<Tensor> _buffers;

    /// <summary>The chosen state, or the ring of states to be averaged: parameters first, then buffers, for each.</summary>
    private readonly List<Tensor> _kept = [];

    /// <summary>Prepares a training; the learner stays the caller's.</summary>
    /// <param name="learner">Its model's weights are freshly drawn.</param>
    /// <param name="recipe">How to train.</param>
    /// <param name="seed">Seed of all that is random in the course of the training.</param>
    /// <param name="checkpoint">Where the state is kept; null keeps none.</param>
    /// <exception cref="ArgumentException">The recipe's numbers do not fit together.</exception>
    public TrainingLoop(ILearner<TBatch> learner, TrainingRecipe recipe, long seed, CheckpointFile? checkpoint = null)
    {
        (_learner, _recipe, _seed, _checkpoint) = (learner, recipe.Checked(), seed, checkpoint);
        _optimiser = new FlatAdamW(
            [.. learner.Model.parameters().DistinctBy(parameter => parameter.Handle)],
            new AdamWOptions
            {
                Beta1 = recipe.Betas.First,
                Beta2 = recipe.Betas.Second,
                Epsilon = recipe.Epsilon,
                WeightDecay = recipe.WeightDecay,
                DecoupledDecay = recipe.DecoupledDecay,
                ClipNorm = recipe.ClipNorm,
            });
        _buffers = [.. learner.Model.buffers()];
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        for (var copy = 0; copy < (recipe.SelectionMetric is null ? recipe.AverageLast : 1); copy++)
        {
            _kept.AddRange(Live.Select(tensor => tensor.detach().clone().DetachFromDisposeScope()));
        }
    }

    /// <summary>Where the training stands.</summary>
    public LearningProgress Progress { get; private set; } = new();

    /// <summary>What a tested state consists of.</summary>
    private List<Tensor> Live => [_optimiser.Values, .. _buffers];

    /// <summary>All that changes.</summary>
    private List<Tensor> State => [.. Live, _optimiser.First, _optimiser.Second, .. _kept];

    /// <summary>Trains to the end, going on from a checkpoint where there is one, and tests.</summary>
    /// <param name="report">Share done and a line for people.</param>
    /// <exception cref="CellFailedException">A loss or a metric was not finite (class diverged).</exception>
    public LearningOutcome Run(Action<double, string> report)
    {
        if (_checkpoint?.Load<LearningProgress>() is { } saved)
        {
            Restore(saved.State, saved.Tensors);
        }

        using var pause = new CollectionPause();
        using var batches = new BatchesAhead<TBatch>(
            _learner.MakeBatch, (long)Progress.Steps * _recipe.AccumulateSteps, (long)_recipe.Steps * _recipe.AccumulateSteps);
        var (made, waited, reports) = (0.0, 0.0, Math.Max(1, _recipe.Steps / 100));
        while (Progress.Steps < _recipe.Steps && !Progress.Stopped)
        {
            pause.Renew();
            var loss = Step(batches);
            Progress.Spend("data", batches.MakeSeconds - made);
            Progress.Spend("wait", batches.WaitSeconds - waited);
            (made, waited) = (batches.MakeSeconds, batches.WaitSeconds);
            if (Progress.Steps % _recipe.EvaluateEvery == 0 || Progress.Steps == _recipe.Steps)
            {
                Validate();
            }

            if (Progress.Steps % reports == 0)
            {
                report((double)Progress.Steps / _recipe.Steps, string.Create(CultureInfo.InvariantCulture, $"step {Progress.Steps} of {_recipe.Steps}, loss {loss:0.0000}"));
            }

            if (_checkpoint is { IsDue: true })
            {
                _checkpoint.Save(Progress, State);
            }
        }

        var outcome = Test();
        _checkpoint?.Delete();
        return outcome;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var tensor in _kept)
        {
            tensor.Dispose();
        }

        _optimiser.Dispose();
    }

    /// <summary>One optimiser step; its mean loss.</summary>
    private double Step(BatchesAhead<TBatch> batches)
    {
        _learner.Model.train();
        _optimiser.ZeroGradients();
        var (sum, train) = (0.0, 0.0);
        for (var part = 0; part < _recipe.AccumulateSteps; part++)
        {
            var batch = batches.Next();
            var start = Stopwatch.GetTimestamp();
            using var scope = NewDisposeScope();
            Reseed(((long)Progress.Steps * _recipe.AccumulateSteps) + part);
            var loss = _learner.Loss(batch);
            (_recipe.AccumulateSteps == 1 ? loss : loss / _recipe.AccumulateSteps).backward();
            sum += loss.item<float>();
            Progress.Tokens += _learner.Tokens(batch);
            train += Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        var mean = sum / _recipe.AccumulateSteps;
        var update = Stopwatch.GetTimestamp();
        var rate = _recipe.LearningRate * _recipe.Schedule.Factor(Progress.Steps);
        Require(mean, "training loss", rate);
        _optimiser.Step(rate);
        Progress.Steps++;
        Progress.LossSum += mean;
        Progress.LossCount++;
        Progress.Spend("train", train + Stopwatch.GetElapsedTime(update).TotalSeconds);
        return mean;
    }

    private void Validate()
    {
        var metrics = Evaluate(EvaluationSplit.Validation);
        Progress.TrainLoss = Progress.LossSum / Progress.LossCount;
        (Progress.LossSum, Progress.LossCount) = (0, 0);
        Progress.Curve.Add(new CurvePoint(Progress.Steps, TrainLossName, Progress.TrainLoss.Value));
        Progress.Curve.AddRange(metrics.Select(metric => new CurvePoint(Progress.Steps, metric.Key, metric.Value)));
        if (_recipe.SelectionMetric is not { } name)
        {
            if (_recipe.AverageLast > 0)
            {
                Keep(Progress.Kept++ % _recipe.AverageLast);
            }

            return;
        }

        var value = metrics.TryGetValue(name, out var found) ? found : throw new InvalidOperationException(
            $"The learner did not report the selection metric '{name}' on validation data; it reported {string.Join(", ", metrics.Keys)}.");
        if (Progress.Best is not { } best || (_recipe.SelectionBetter == Better.Higher ? value > best : value < best))
        {
            (Progress.Best, Progress.BestStep, Progress.Stale) = (value, Progress.Steps, 0);
            Keep(0);
        }
        else
        {
            Progress.Stale++;
        }

        Progress.Stopped = Progress.Stale >= _recipe.Patience;
    }

    private LearningOutcome Test()
    {
        var states = _recipe.SelectionMetric is null ? Math.Min(Progress.Kept, _recipe.AverageLast) : 1;
        if (states > 0)
        {
            Average(states);
        }

        var test = Evaluate(EvaluationSplit.Test);
        return new LearningOutcome
        {
            Test = test,
            Curve = Progress.Curve,
            Steps = Progress.Steps,
            TestedStep = _recipe.SelectionMetric is null ? Progress.Steps : Progress.BestStep,
            Tokens = Progress.Tokens,
            TrainLoss = Progress.TrainLoss ?? 0,
            Seconds = Progress.Seconds,
        };
    }

    private SortedDictionary<string, double> Evaluate(EvaluationSplit split)
    {
        var start = Stopwatch.GetTimestamp();
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        _learner.Model.eval();
        Reseed(-1 - (long)split);
        var metrics = _learner.Evaluate(split);
        foreach (var (name, value) in metrics)
        {
            Require(value, $"{(split == EvaluationSplit.Test ? "test" : "validation")} metric '{name}'", _recipe.LearningRate * _recipe.Schedule.Factor(Progress.Steps));
        }

        Progress.Spend("evaluate", Stopwatch.GetElapsedTime(start).TotalSeconds);
        return metrics;
    }

    private void Require(double value, string what, double rate)
    {
        if (!double.IsFinite(value))
        {
            throw new CellFailedException(
                FailureClass.Diverged,
                string.Create(CultureInfo.InvariantCulture, $"The {what} became {value} at step {Progress.Steps} with learning rate {rate:0.###e+0}."),
                "No action needed; a smaller learning rate or a longer warm-up may train it.");
        }
    }

    /// <summary>Copies the live state to a place in the kept ones.</summary>
    private void Keep(int place)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var live = Live;
        for (var i = 0; i < live.Count; i++)
        {
            _kept[(place * live.Count) + i].copy_(live[i]);
        }
    }

    /// <summary>Makes the mean of the kept states the live one; with one state that is the state itself.</summary>
    private void Average(int states)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var live = Live;
        for (var i = 0; i < live.Count; i++)
        {
            var copies = Enumerable.Range(0, states).Select(state => _kept[(state * live.Count) + i]).ToList();
            // Counters and masks have no mean: the newest counts.
            live[i].copy_(states == 1 || !live[i].is_floating_point()
                ? copies[_recipe.AverageLast > 0 ? (Progress.Kept - 1) % states : 0]
                : stack(copies).mean([0]));
        }

        _optimiser.Publish();
    }

    private void Restore(LearningProgress progress, IReadOnlyList<byte[]> tensors)
    {
        foreach (var (tensor, bytes) in State.Zip(tensors))
        {
            bytes.CopyInto(tensor);
        }

        _optimiser.Publish();
        _optimiser.Steps = progress.Steps;
        Progress = progress;
    }

    /// <summary>Gives the learner a seed that only the training's seed and the moment decide.</summary>
    private void Reseed(long moment) => _learner.Reseed((long)(new CounterRandom(_seed, moment).NextUInt64() >> 1));
}
