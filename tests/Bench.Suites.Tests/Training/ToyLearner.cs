using Bench.Domain.Randomness;
using Bench.Suites.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Tests.Training;

/// <summary>Points and their values of an unknown line.</summary>
internal sealed record ToyBatch(float[] Inputs, float[] Targets);

/// <summary>
/// A regression with everything that a resume must bring back: dropout, batch norm's buffers and its counter. It "dies" when the batch of a
/// chosen step is made.
/// </summary>
internal sealed class ToyLearner : ILearner<ToyBatch>
{
    private const int Width = 3;
    private readonly SeededDropout _dropout;
    private readonly Sequential _model;
    private readonly int _rows;

    public ToyLearner(int rows = 4, double dropout = 0.2, bool norm = true)
    {
        manual_seed(11);
        (_rows, _dropout) = (rows, new SeededDropout(dropout));
        _model = norm
            ? nn.Sequential(nn.Linear(Width, 8), nn.BatchNorm1d(8), nn.Tanh(), _dropout, nn.Linear(8, 1))
            : nn.Sequential(nn.Linear(Width, 8), nn.Tanh(), _dropout, nn.Linear(8, 1));
    }

    public int DieAt { get; init; } = int.MaxValue;

    public double LossScale { get; init; } = 1;

    public int Made { get; private set; }

    public List<long> Seeds { get; } = [];

    /// <summary>What validation reports, evaluation by evaluation; the loss when it is empty.</summary>
    public Queue<double> Scripted { get; init; } = [];

    public nn.Module Model => _model;

    public ToyBatch MakeBatch(long step)
    {
        if (step >= DieAt)
        {
            throw new IOException("killed");
        }

        Made++;
        return Rows(step * _rows, _rows);
    }

    public Tensor Loss(ToyBatch batch) => Error(batch) * LossScale;

    public long Tokens(ToyBatch batch) => batch.Targets.Length;

    public SortedDictionary<string, double> Evaluate(EvaluationSplit split)
    {
        var loss = Error(Rows(split == EvaluationSplit.Test ? 1_000_000 : 2_000_000, 32)).item<float>();
        var value = split == EvaluationSplit.Validation && Scripted.TryDequeue(out var scripted) ? scripted : loss;
        return new(StringComparer.Ordinal) { ["testLoss"] = value, ["testRows"] = 32 };
    }

    public void Reseed(long seed)
    {
        Seeds.Add(seed);
        _dropout.Reseed(seed);
    }

    public byte[] Weights() => [.. _model.state_dict().OrderBy(pair => pair.Key, StringComparer.Ordinal).SelectMany(pair => pair.Value.detach().bytes.ToArray())];

    public void Dispose() => _model.Dispose();

    private Tensor Error(ToyBatch batch)
    {
        var inputs = ArrayTensor.Of(batch.Inputs, CPU, batch.Targets.Length, Width).to(_model.parameters().First().dtype);
        var targets = ArrayTensor.Of(batch.Targets, CPU, batch.Targets.Length);
        return nn.functional.mse_loss(_model.forward(inputs).squeeze(1).to(ScalarType.Float32), targets);
    }

    private static ToyBatch Rows(long first, int count)
    {
        var (inputs, targets) = (new float[count * Width], new float[count]);
        for (var row = 0; row < count; row++)
        {
            var random = new CounterRandom(5, first + row);
            for (var i = 0; i < Width; i++)
            {
                inputs[(row * Width) + i] = (float)random.NextDouble() - 0.5f;
                targets[row] += (i + 1) * inputs[(row * Width) + i];
            }
        }

        return new ToyBatch(inputs, targets);
    }
}
