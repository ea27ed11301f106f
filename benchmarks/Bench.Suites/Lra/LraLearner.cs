using Bench.Domain.Randomness;
using Bench.Domain.Results;
using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Lra;

/// <summary>Trains a classifier on rows that come in a new order in every epoch.</summary>
/// <param name="model">On its device; the learner owns it.</param>
/// <param name="data">The three parts.</param>
/// <param name="batch">Rows of a step.</param>
/// <param name="seed">Decides the order of rows.</param>
/// <param name="target">Where the model is.</param>
public sealed class LraLearner(SequenceClassifier model, LraData data, int batch, int seed, Device target) : ILearner<LraBatch>
{
    private readonly int[] _order = [.. Enumerable.Range(0, data.Train.Count)];
    private readonly int[] _rows = new int[batch];
    private long _epoch = -1;

    /// <inheritdoc />
    public nn.Module Model => model;

    /// <inheritdoc />
    public LraBatch MakeBatch(long step)
    {
        for (var i = 0; i < batch; i++)
        {
            var row = (step * batch) + i;
            Order(row / _order.Length);
            _rows[i] = _order[row % _order.Length];
        }

        return data.Train.Cut(_rows);
    }

    /// <inheritdoc />
    public Tensor Loss(LraBatch batch) => nn.functional.cross_entropy(Logits(batch), Labels(batch));

    /// <summary>Tokens of all rows, padding included: that is what a step computes.</summary>
    public long Tokens(LraBatch batch) => batch.Inputs.Length;

    /// <inheritdoc />
    public SortedDictionary<string, double> Evaluate(EvaluationSplit split)
    {
        var rows = split == EvaluationSplit.Test ? data.Test : data.Validation;
        var (right, loss) = (0L, 0.0);
        for (var first = 0; first < rows.Count; first += batch)
        {
            using var scope = NewDisposeScope();
            var part = rows.Cut([.. Enumerable.Range(first, Math.Min(batch, rows.Count - first))]);
            var (logits, labels) = (Logits(part), Labels(part));
            loss += nn.functional.cross_entropy(logits, labels, reduction: nn.Reduction.Sum).item<float>();
            right += logits.argmax(-1).eq(labels).sum().item<long>();
        }

        return new(StringComparer.Ordinal)
        {
            [Metric.Accuracy.Name] = (double)right / rows.Count,
            [Metric.TestLoss.Name] = loss / rows.Count,
            ["testRows"] = rows.Count,
            ["majorityShare"] = rows.MajorityShare,
        };
    }

    /// <inheritdoc />
    public void Reseed(long seed) => model.Reseed(seed);

    /// <inheritdoc />
    public void Dispose() => model.Dispose();

    private Tensor Logits(LraBatch part) => model.forward(
        ArrayTensor.Of(part.Inputs, target, part.Lengths.Length, part.Length), ArrayTensor.Of(part.Lengths, target, part.Lengths.Length));

    private Tensor Labels(LraBatch part) => ArrayTensor.Of(part.Labels, target, part.Labels.Length);

    /// <summary>Shuffles rows for an epoch, always from the same start, so that a resume finds the same order.</summary>
    private void Order(long epoch)
    {
        if (epoch == _epoch)
        {
            return;
        }

        var random = new CounterRandom(seed, epoch);
        for (var i = 0; i < _order.Length; i++)
        {
            _order[i] = i;
        }

        for (var i = _order.Length - 1; i > 0; i--)
        {
            var j = random.Next(i + 1);
            (_order[i], _order[j]) = (_order[j], _order[i]);
        }

        _epoch = epoch;
    }
}
