using System.Diagnostics;
using Bench.Domain.Randomness;
using Bench.Domain.Results;
using static TorchSharp.torch;

namespace Bench.Suites.Training;

/// <summary>
/// Trains one token model with one learning rate by the recipe of Zoology (arXiv:2312.04927): AdamW, cosine by epoch from the rate to 0
/// without warm-up, cross entropy over scored positions, test accuracy after each epoch, early stop only above the published accuracy.
/// </summary>
/// <remarks>
/// A step draws its random numbers from a seed of its own, and its batch is a function of its number. So a training that goes on from any step
/// is bit for bit the one that never stopped.
/// </remarks>
public sealed class TokenTraining : IDisposable
{
    private readonly TokenModel _model;
    private readonly TrainingData _data;
    private readonly TrainingPlan _plan;
    private readonly double _rate;
    private readonly long _seed;
    private readonly FlatAdamW _optimiser;
    private readonly List<Tensor> _buffers;

    /// <summary>Prepares a training; the model stays the caller's.</summary>
    /// <param name="model">Freshly initialised model.</param>
    /// <param name="data">What it is trained on and tested with.</param>
    /// <param name="plan">Numbers of the recipe.</param>
    /// <param name="rate">Learning rate at the first step.</param>
    /// <param name="seed">Seed of dropout and of mechanisms that draw random numbers.</param>
    public TokenTraining(TokenModel model, TrainingData data, TrainingPlan plan, double rate, long seed)
    {
        (_model, _data, _plan, _rate, _seed) = (model, data, plan, rate, seed);
        _optimiser = new FlatAdamW([.. model.parameters().DistinctBy(parameter => parameter.Handle)], plan.WeightDecay);
        _buffers = [.. model.buffers()];
    }

    /// <summary>Where the training stands.</summary>
    public TrainingProgress Progress { get; private set; } = new();

    /// <summary>Steps that the optimiser counts.</summary>
    public long OptimiserSteps => _optimiser.Steps;

    /// <summary>All that changes: parameters, the optimiser's means, and the model's buffers.</summary>
    public IReadOnlyList<Tensor> State => [_optimiser.Values, _optimiser.First, _optimiser.Second, .. _buffers];

    private int Total => _data.Train.Count * _plan.Epochs;

    /// <summary>Goes back to a saved state.</summary>
    /// <param name="progress">Where it stood.</param>
    /// <param name="optimiserSteps">Steps that the optimiser had counted.</param>
    /// <param name="tensors">Bytes of each tensor of <see cref="State"/>.</param>
    public void Restore(TrainingProgress progress, long optimiserSteps, IReadOnlyList<byte[]> tensors)
    {
        foreach (var (tensor, bytes) in State.Zip(tensors))
        {
            bytes.CopyInto(tensor);
        }

        Progress = progress;
        _optimiser.Steps = optimiserSteps;
    }

    /// <summary>Trains to the end.</summary>
    /// <param name="report">Share done and a line for people, after each epoch.</param>
    /// <param name="between">Called between two steps.</param>
    public TrainingOutcome Run(Action<double, string> report, Action between)
    {
        using var pause = new CollectionPause();
        using var batches = new BatchesAhead<TrainingBatch>(_data.Train.Make, Progress.Steps, Total);
        string? divergence = null;
        var (made, waited) = (0.0, 0.0);
        while (Progress.Steps < Total && !Progress.Stopped && divergence is null)
        {
            pause.Renew();
            divergence = Step(batches.Next());
            Progress.Spend("data", batches.MakeSeconds - made);
            Progress.Spend("wait", batches.WaitSeconds - waited);
            (made, waited) = (batches.MakeSeconds, batches.WaitSeconds);
            if (divergence is null && Progress.Steps % _data.Train.Count == 0)
            {
                EndEpoch(report);
            }

            between();
        }

        return Outcome(divergence);
    }

    /// <summary>Mean over rows of the share of scored positions that are right, and the mean cross entropy over scored positions.</summary>
    public static (double Accuracy, double Loss) Evaluate(TokenModel model, IReadOnlyList<RowSegment> segments, int batch)
    {
        model.eval();
        using var nograd = no_grad();
        var order = new BatchOrder(segments, batch);
        double accuracy = 0, loss = 0;
        long scored = 0, rows = 0;
        for (var i = 0; i < order.Count; i++)
        {
            using var scope = NewDisposeScope();
            var made = order.Make(i);
            using var tensors = new BatchTensors(made);
            var logits = model.Logits(tensors.Inputs, tensors.Positions, tensors.Source);                    // [S, V]
            loss += nn.functional.cross_entropy(logits, tensors.Targets, reduction: nn.Reduction.Sum).item<float>();
            accuracy += RowShares(made, logits.argmax(-1).data<long>().ToArray());
            scored += made.Targets.Length;
            rows += made.Rows;
        }

        return (accuracy / Math.Max(1, rows), loss / Math.Max(1, scored));
    }

    /// <inheritdoc />
    public void Dispose() => _optimiser.Dispose();

    /// <summary>One step; the words for a loss that is not finite, or null.</summary>
    private string? Step(TrainingBatch batch)
    {
        var start = Stopwatch.GetTimestamp();
        using var scope = NewDisposeScope();
        _model.train();
        Reseed(Progress.Steps);
        using var tensors = new BatchTensors(batch);
        var logits = _model.Logits(tensors.Inputs, tensors.Positions, tensors.Source);                        // [S, V]
        var loss = nn.functional.cross_entropy(logits, tensors.Targets);
        _optimiser.ZeroGradients();
        loss.backward();
        var epoch = Progress.Steps / _data.Train.Count;
        _optimiser.Step(_rate * 0.5 * (1 + Math.Cos(Math.PI * epoch / _plan.Epochs)));
        var value = loss.item<float>();
        Progress.Steps++;
        Progress.Spend("train", Stopwatch.GetElapsedTime(start).TotalSeconds);
        return float.IsFinite(value) ? null : $"The training loss became {value} at step {Progress.Steps} with learning rate {_rate}.";
    }

    private void EndEpoch(Action<double, string> report)
    {
        var start = Stopwatch.GetTimestamp();
        Reseed(-Progress.Steps);
        var (accuracy, loss) = Evaluate(_model, _data.Test, _plan.Batch);
        Progress.Curve.Add(new CurvePoint(Progress.Steps, Metric.Accuracy.Name, accuracy));
        if (double.IsFinite(loss))
        {
            Progress.Curve.Add(new CurvePoint(Progress.Steps, Metric.TestLoss.Name, loss));
        }

        if (Progress.BestAccuracy is not { } best || accuracy > best)
        {
            (Progress.BestAccuracy, Progress.BestLoss) = (accuracy, double.IsFinite(loss) ? loss : null);
        }

        Progress.Stopped = accuracy > _plan.StopAbove;
        Progress.Spend("evaluate", Stopwatch.GetElapsedTime(start).TotalSeconds);
        report((double)Progress.Steps / Total, $"epoch {Progress.Steps / _data.Train.Count}, accuracy {accuracy:0.000}");
    }

    private TrainingOutcome Outcome(string? divergence)
    {
        var slices = new SortedDictionary<string, double>(StringComparer.Ordinal);
        if (divergence is null && _data.Slices.Count > 0)
        {
            var start = Stopwatch.GetTimestamp();
            Reseed(-Progress.Steps - 1L);
            foreach (var segment in _data.Slices)
            {
                slices[segment.Name] = Evaluate(_model, [segment], _plan.Batch).Accuracy;
            }

            Progress.Spend("evaluate", Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return new TrainingOutcome
        {
            LearningRate = _rate,
            Divergence = divergence,
            Accuracy = Progress.BestAccuracy ?? 0,
            Loss = Progress.BestLoss,
            Steps = Progress.Steps,
            Seconds = Progress.Seconds,
            Curve = Progress.Curve,
            Slices = slices,
        };
    }

    /// <summary>Gives the model a seed that only the training's seed and the moment decide.</summary>
    private void Reseed(long moment) => _model.Reseed((long)(new CounterRandom(_seed, moment).NextUInt64() >> 1));

    private static double RowShares(TrainingBatch batch, long[] predicted)
    {
        var (right, all) = (new int[batch.Rows], new int[batch.Rows]);
        for (var i = 0; i < predicted.Length; i++)
        {
            var row = batch.Positions[i] / batch.Length;
            all[row]++;
            right[row] += predicted[i] == batch.Targets[i] ? 1 : 0;
        }

        return right.Zip(all, (good, count) => count == 0 ? 0 : (double)good / count).Sum();
    }
}

/// <summary>A batch as tensors.</summary>
internal sealed class BatchTensors(TrainingBatch batch) : IDisposable
{
    /// <summary>Tokens <c>[R, L]</c>.</summary>
    public Tensor Inputs { get; } = ArrayTensor.Of(batch.Inputs, CPU, batch.Rows, batch.Length);

    /// <summary>Source tokens <c>[R, M]</c>, or null.</summary>
    public Tensor? Source { get; } = batch.SourceLength > 0 ? ArrayTensor.Of(batch.Source, CPU, batch.Rows, batch.SourceLength) : null;

    /// <summary>Scored positions <c>[S]</c> of the flattened rows.</summary>
    public Tensor Positions { get; } = ArrayTensor.Of(batch.Positions, CPU, batch.Positions.Length);

    /// <summary>Tokens to predict <c>[S]</c>.</summary>
    public Tensor Targets { get; } = ArrayTensor.Of(batch.Targets, CPU, batch.Targets.Length);

    /// <inheritdoc />
    public void Dispose()
    {
        Inputs.Dispose();
        Source?.Dispose();
        Positions.Dispose();
        Targets.Dispose();
    }
}
