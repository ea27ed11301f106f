using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Cab.Metrics;
using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Points;

/// <summary>A batch of shapes as plain arrays.</summary>
/// <param name="Rows">B.</param>
/// <param name="Partial">What is seen, <c>[B, P, 3]</c>.</param>
/// <param name="Complete">The whole, <c>[B, G, 3]</c>.</param>
public sealed record PointBatch(int Rows, float[] Partial, float[] Complete);

/// <summary>Trains <see cref="PoinTr"/> by the Chamfer distances (L1) of its coarse and of all its points, as published.</summary>
/// <param name="model">The model, on its device.</param>
/// <param name="shapes">The data.</param>
/// <param name="cell">Batch, device and element type.</param>
/// <param name="testItems">Shapes of a held-out part that are looked at; 0 for all.</param>
internal sealed class PointLearner(PoinTr model, IShapeSource shapes, Cell cell, int testItems) : ILearner<PointBatch>
{
    private readonly Device _device = device(cell.Device);

    /// <inheritdoc />
    public nn.Module Model => model;

    /// <inheritdoc />
    public PointBatch MakeBatch(long step) => Batch("train", step * cell.Batch, cell.Batch);

    /// <inheritdoc />
    public Tensor Loss(PointBatch batch)
    {
        var (coarse, fine) = Complete(batch);
        var truth = ArrayTensor.Of(batch.Complete, _device, batch.Rows, batch.Complete.Length / batch.Rows / 3, 3);
        return PointTensors.ChamferL1(coarse, truth) + PointTensors.ChamferL1(fine, truth);
    }

    /// <inheritdoc />
    public long Tokens(PointBatch batch) => batch.Partial.Length / 3;

    /// <inheritdoc />
    public SortedDictionary<string, double> Evaluate(EvaluationSplit split)
    {
        var part = split == EvaluationSplit.Test ? "test" : "val";
        var count = testItems == 0 ? shapes.Count(part) : Math.Min(testItems, shapes.Count(part));
        double l1 = 0, l2 = 0, f = 0, seen = 0;
        var gain = new PairedGain();
        for (var first = 0; first < count; first += cell.Batch)
        {
            using var scope = NewDisposeScope();
            var batch = Batch(part, first, Math.Min(cell.Batch, count - first));
            var completed = Complete(batch).Fine.cpu().data<float>().ToArray();
            int size = completed.Length / batch.Rows, whole = batch.Complete.Length / batch.Rows, partial = batch.Partial.Length / batch.Rows;
            for (var row = 0; row < batch.Rows; row++)
            {
                var truth = batch.Complete.AsSpan(row * whole, whole);
                var (chamferL1, chamferL2, fScore) = PointDistance.All(completed.AsSpan(row * size, size), truth);
                var before = PointDistance.ChamferL1(batch.Partial.AsSpan(row * partial, partial), truth);
                (l1, l2, f, seen) = (l1 + chamferL1, l2 + chamferL2, f + fScore, seen + before);
                gain.Add(before - chamferL1);
            }
        }

        var found = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            [ReconstructionMetrics.ChamferL1.Name] = l1 / count,
            [ReconstructionMetrics.ChamferL2.Name] = l2 / count,
            [ReconstructionMetrics.FScore.Name] = f / count,
            ["partialChamferL1"] = seen / count,
            ["testRows"] = count,
        };
        gain.AddTo(found);
        return found;
    }

    /// <inheritdoc />
    public void Reseed(long seed) => PoinTr.Reseed(seed);

    /// <inheritdoc />
    public void Dispose() => model.Dispose();

    /// <summary>Coarse and all points in single precision.</summary>
    private (Tensor Coarse, Tensor Fine) Complete(PointBatch batch)
    {
        var partial = ArrayTensor.Of(batch.Partial, _device, batch.Rows, batch.Partial.Length / batch.Rows / 3, 3);
        var (coarse, fine) = model.forward(partial.to(cell.Dtype == "bfloat16" ? ScalarType.BFloat16 : ScalarType.Float32));
        return (coarse.to(ScalarType.Float32), fine.to(ScalarType.Float32));
    }

    private PointBatch Batch(string part, long first, int rows)
    {
        float[]? partial = null, complete = null;
        for (var row = 0; row < rows; row++)
        {
            var pair = shapes.Make(part, first + row);
            partial ??= new float[rows * pair.Partial.Length];
            complete ??= new float[rows * pair.Complete.Length];
            pair.Partial.CopyTo(partial, row * pair.Partial.Length);
            pair.Complete.CopyTo(complete, row * pair.Complete.Length);
        }

        return new PointBatch(rows, partial!, complete!);
    }
}
