using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Points;

/// <summary>Neighbourhoods of points as tensors. No distance table of a whole pair of large clouds is held: rows are taken in blocks.</summary>
internal static class PointTensors
{
    private const int Block = 1024;

    /// <summary>Indices of the k nearest points <c>[B, N, k]</c> of <paramref name="to"/> for each point of <paramref name="from"/>.</summary>
    /// <param name="from"><c>[B, N, 3]</c>.</param>
    /// <param name="to"><c>[B, M, 3]</c>, M ≥ k.</param>
    /// <param name="count">k.</param>
    public static Tensor Nearest(Tensor from, Tensor to, int count)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var columns = to.transpose(1, 2).unsqueeze(1);                                              // [B, 1, 3, M]
        var found = new List<Tensor>();
        for (long first = 0; first < from.shape[1]; first += Block)
        {
            using var block = NewDisposeScope();
            var rows = from.narrow(1, first, Math.Min(Block, from.shape[1] - first)).unsqueeze(-1); // [B, R, 3, 1]
            // One coordinate at a time: differences, not dot products, so that near points are told apart in single precision.
            var squares = (rows.select(2, 0) - columns.select(2, 0)).pow_(2);                     // [B, R, M]
            squares.add_((rows.select(2, 1) - columns.select(2, 1)).pow_(2)).add_((rows.select(2, 2) - columns.select(2, 2)).pow_(2));
            found.Add((count == 1 ? squares.argmin(-1, keepdim: true) : squares.topk(count, -1, largest: false, sorted: false).indexes).MoveToOuterDisposeScope());
        }

        return cat(found, 1).MoveToOuterDisposeScope();
    }

    /// <summary>Rows of features at indices: <c>[B, M, C]</c> at <c>[B, N, k]</c> gives <c>[B, N, k, C]</c>.</summary>
    public static Tensor Gather(Tensor features, Tensor indices)
    {
        using var scope = NewDisposeScope();
        var (batch, rows) = (features.shape[0], features.shape[1]);
        var offset = arange(batch, dtype: ScalarType.Int64, device: features.device).view(-1, 1, 1) * rows;
        var flat = features.reshape(batch * rows, -1).index_select(0, (indices + offset).flatten());
        return flat.view(batch, indices.shape[1], indices.shape[2], -1).MoveToOuterDisposeScope();
    }

    /// <summary>For each point and each of its neighbours: the neighbour's features minus the point's, and the point's: <c>[B, N, k, 2C]</c>.</summary>
    /// <param name="own"><c>[B, N, C]</c>.</param>
    /// <param name="others"><c>[B, M, C]</c>.</param>
    /// <param name="neighbours"><c>[B, N, k]</c>.</param>
    public static Tensor Edges(Tensor own, Tensor others, Tensor neighbours)
    {
        using var scope = NewDisposeScope();
        var centre = own.unsqueeze(2).expand(-1, -1, neighbours.shape[2], -1);                      // [B, N, k, C]
        return cat([Gather(others, neighbours) - centre, centre], -1).MoveToOuterDisposeScope();
    }

    /// <summary>Indices of farthest points <c>[B, count, 1]</c>; they depend on coordinates only and have no gradient.</summary>
    /// <param name="points"><c>[B, N, 3]</c>.</param>
    /// <param name="count">How many.</param>
    public static Tensor Farthest(Tensor points, int count)
    {
        using var scope = NewDisposeScope();
        using var plain = points.detach().to(ScalarType.Float32).cpu().contiguous();
        var (batch, size) = ((int)points.shape[0], (int)points.shape[1] * 3);
        var found = empty([batch, count, 1], ScalarType.Int64);
        var values = MemoryMarshal.Cast<byte, float>(plain.bytes);
        var indices = MemoryMarshal.Cast<byte, long>(found.bytes);
        for (var b = 0; b < batch; b++)
        {
            FarthestPoints.Sample(values.Slice(b * size, size), count).CopyTo(indices.Slice(b * count, count));
        }

        return found.to(points.device).MoveToOuterDisposeScope();
    }

    /// <summary>Half the sum of the mean distances to the nearest point, both ways: a scalar with gradient to both clouds.</summary>
    /// <param name="cloud"><c>[B, N, 3]</c>.</param>
    /// <param name="truth"><c>[B, M, 3]</c>.</param>
    public static Tensor ChamferL1(Tensor cloud, Tensor truth)
    {
        using var scope = NewDisposeScope();
        return ((Distances(cloud, truth).mean() + Distances(truth, cloud).mean()) / 2).MoveToOuterDisposeScope();
    }

    private static Tensor Distances(Tensor from, Tensor to)
    {
        var difference = from - Gather(to, Nearest(from, to, 1)).squeeze(2);                        // [B, N, 3]
        // The root's slope at 0 is infinite, and completed clouds contain points of the true one.
        return difference.square().sum(-1).clamp(min: 1e-12).sqrt();
    }
}
