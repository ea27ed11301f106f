using Bench.Domain.Matrix;
using Bench.Domain.Randomness;
using Bench.Domain.Results;
using Bench.Suites.Cab.Metrics;
using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Series;

/// <summary>Trains an <see cref="Informer"/> by mean squared error on windows in random order.</summary>
/// <param name="model">The model, on its device.</param>
/// <param name="windows">The data.</param>
/// <param name="cell">Batch, device and element type.</param>
/// <param name="seed">Order of the windows.</param>
/// <param name="testItems">Windows of a held-out part that are looked at, evenly spread; 0 for all.</param>
internal sealed class SeriesLearner(Informer model, SeriesWindows windows, Cell cell, int seed, int testItems) : ILearner<SeriesBatch>
{
    private const int ValidationWindows = 100;
    private readonly Device _device = device(cell.Device);

    /// <inheritdoc />
    public nn.Module Model => model;

    /// <inheritdoc />
    public SeriesBatch MakeBatch(long step)
    {
        var random = new CounterRandom(seed, step);
        var starts = new int[cell.Batch];
        for (var i = 0; i < starts.Length; i++)
        {
            starts[i] = random.Next(windows.TrainCount);
        }

        return windows.Batch(starts);
    }

    /// <inheritdoc />
    public Tensor Loss(SeriesBatch batch)
    {
        var truth = ArrayTensor.Of(batch.Future, _device, batch.Rows, windows.Horizon, windows.Channels);
        return nn.functional.mse_loss(Forecast(batch), truth);
    }

    /// <inheritdoc />
    public long Tokens(SeriesBatch batch) => (long)batch.Rows * (windows.Inputs + windows.Horizon);

    /// <inheritdoc />
    public SortedDictionary<string, double> Evaluate(EvaluationSplit split)
    {
        var (error, last, mean, gain) = (new ForecastError(), new ForecastError(), new ForecastError(), new PairedGain());
        var chosen = Chosen(split);
        for (var first = 0; first < chosen.Length; first += cell.Batch)
        {
            using var scope = NewDisposeScope();
            var batch = windows.Batch(chosen.AsSpan(first, Math.Min(cell.Batch, chosen.Length - first)));
            var forecasts = Forecast(batch).cpu().data<float>().ToArray();
            var size = windows.Horizon * windows.Channels;
            for (var row = 0; row < batch.Rows; row++)
            {
                Span<float> forecast = forecasts.AsSpan(row * size, size), truth = batch.Future.AsSpan(row * size, size);
                var repeated = LastValues(batch, row);
                error.Add(forecast, truth);
                last.Add(repeated, truth);
                mean.Add(new float[size], truth);
                gain.Add(Square(repeated, truth) - Square(forecast, truth));
            }
        }

        var found = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            [ReconstructionMetrics.Mse.Name] = error.MeanSquared,
            [ReconstructionMetrics.Mae.Name] = error.MeanAbsolute,
            ["lastValueMse"] = last.MeanSquared,
            ["lastValueMae"] = last.MeanAbsolute,
            ["trainMeanMse"] = mean.MeanSquared,
            ["testRows"] = chosen.Length,
        };
        gain.AddTo(found);
        return found;
    }

    /// <inheritdoc />
    public void Reseed(long seed) => model.Reseed(seed);

    /// <inheritdoc />
    public void Dispose() => model.Dispose();

    /// <summary><c>[B, P, C]</c> in single precision.</summary>
    private Tensor Forecast(SeriesBatch batch)
    {
        Tensor Typed(float[] values, long steps, long width) => ArrayTensor.Of(values, _device, batch.Rows, steps, width).to(cell.Dtype == "bfloat16" ? ScalarType.BFloat16 : ScalarType.Float32);
        return model.forward(
            Typed(batch.Known, windows.Inputs, windows.Channels), Typed(batch.KnownTimes, windows.Inputs, windows.Features),
            Typed(batch.FutureTimes, windows.Horizon, windows.Features)).to(ScalarType.Float32);
    }

    /// <summary>First rows of the windows that are looked at.</summary>
    private int[] Chosen(EvaluationSplit split)
    {
        var all = windows.Count(split);
        var wanted = split == EvaluationSplit.Validation && testItems > 0 ? Math.Min(testItems, ValidationWindows) : testItems;
        var count = wanted == 0 ? all : Math.Min(wanted, all);
        return [.. Enumerable.Range(0, count).Select(i => windows.Start(split, (int)((long)i * all / count)))];
    }

    /// <summary>The copy baseline: the last known values at every step.</summary>
    private float[] LastValues(SeriesBatch batch, int row)
    {
        var channels = windows.Channels;
        var last = batch.Known.AsSpan(((((row + 1) * windows.Inputs) - 1) * channels), channels);
        var repeated = new float[windows.Horizon * channels];
        for (var step = 0; step < windows.Horizon; step++)
        {
            last.CopyTo(repeated.AsSpan(step * channels));
        }

        return repeated;
    }

    private static double Square(ReadOnlySpan<float> forecast, ReadOnlySpan<float> truth)
    {
        double sum = 0;
        for (var i = 0; i < forecast.Length; i++)
        {
            sum += ((double)forecast[i] - truth[i]) * ((double)forecast[i] - truth[i]);
        }

        return sum / forecast.Length;
    }
}
