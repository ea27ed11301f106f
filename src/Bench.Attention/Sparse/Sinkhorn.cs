using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// Sinkhorn attention: buckets of keys and values are sorted by a matrix made from bucket means, and a bucket of queries sees its own bucket and
/// those sorted to it. O(N·b·D + (N/b)²·b·D) time. Noise of the permutation is drawn in training only; <c>random.gumbel</c>
/// <c>[B·H, N/b, N/b]</c>, uniform in (0, 1), replaces it.
/// </summary>
/// <remarks>
/// Tay et al., "Sparse Sinkhorn Attention", arXiv:2002.11296, section 3; sorting network of a widely used independent implementation. Its slip of
/// sorting keys into the place of values is not reproduced.
/// </remarks>
[Attention("sinkhorn/bucketed", AttentionPattern.NoncausalSelf,
    Title = "Sinkhorn attention", Paper = "arXiv:2002.11296", Time = "O(N·b·D + N²·D/b)", Memory = "O(N·(b + D))", Reference = true)]
public sealed class Sinkhorn(AttentionSettings settings, SinkhornOptions options) : AttentionOperator(settings)
{
    private const double Tiny = 1e-6;

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        var (length, bucket) = (inputs.Query.shape[2], (long)options.Bucket);
        var buckets = (length + bucket - 1) / bucket;
        var mask = nn.functional.pad(
            inputs.KeyMask ?? ones([inputs.Query.shape[0], length], ScalarType.Bool, inputs.Query.device), [0, buckets * bucket - length]);
        var real = mask.view(mask.shape[0], 1, buckets, bucket, 1).to(inputs.Query.dtype);               // [B, 1, n, b, 1]
        Tensor Buckets(Tensor rows) => nn.functional.pad(rows, [0, 0, 0, buckets * bucket - length]).unflatten(2, [buckets, bucket]) * real;

        var (query, key, value) = (Buckets(inputs.Query), Buckets(inputs.Key), Buckets(inputs.Value));   // [B, H, n, b, D]
        var order = Sort(query, key, real, inputs.Optional("random.gumbel"));                            // [B, H, r, n]
        var sorted = Reorder(order, cat([key, value, real.expand(-1, key.shape[1], -1, -1, -1)], -1));
        var (keys, values) = (sorted.narrow(-1, 0, key.shape[^1]), sorted.narrow(-1, key.shape[^1], value.shape[^1]));
        var seen = sorted.narrow(-1, sorted.shape[^1] - 1, 1).gt(0);
        var own = real.expand(-1, key.shape[1], -1, -1, -1).gt(0);
        if (options.SortCut > 0)
        {
            // The first sorted buckets, joined, for every bucket of queries.
            Tensor Everyone(Tensor rows) => rows.flatten(2, 3).unsqueeze(2).expand(-1, -1, buckets, -1, -1);
            (keys, values, seen) = (Everyone(keys), Everyone(values), Everyone(seen));
        }
        else
        {
            // Choice after choice along the rows of the order: bring the choices of a bucket side by side.
            Tensor Beside(Tensor rows) => rows.unflatten(2, [-1, buckets]).transpose(2, 3).flatten(3, 4);
            (keys, values, seen) = (Beside(keys), Beside(values), Beside(seen));
        }

        var scores = query.matmul(cat([keys, key], 3).transpose(-2, -1)) / Math.Sqrt(Settings.HeadSize);
        var output = MaskedSoftmax.Of(scores, cat([seen, own], 3).transpose(-2, -1)).matmul(cat([values, value], 3));
        return output.flatten(2, 3).narrow(2, 0, length).clone().MoveToOuterDisposeScope();               // [B, H, N, Dv]
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double n = shape.Length, b = options.Bucket, buckets = Math.Ceiling(n / b), sorted = options.SortCut > 0 ? options.SortCut : Chosen((long)buckets);
        var rows = options.SortCut > 0 ? options.SortCut : sorted * buckets;
        return new AttentionCost(
            shape.Rows * (2 * n * shape.HeadSize + 2 * buckets * buckets * shape.HeadSize + 10.0 * options.Iterations * buckets * buckets
                + 2 * rows * n * (shape.HeadSize + shape.ValueSize) + n * (sorted + 1) * b * (2.0 * shape.HeadSize + 2.0 * shape.ValueSize + 5)),
            AttentionCost.InputOutputElements(shape),
            shape.Rows * (n * (sorted + 1) * (2 * b + shape.HeadSize + shape.ValueSize) + 2 * n * shape.ValueSize));
    }

    private int Chosen(long buckets) => options.Permutative ? 1 : (int)Math.Min(options.TopBuckets, buckets);

    /// <summary>Rows of the sorting matrix: <c>[B, H, n, n]</c>; with a cut the first ones, or the choices of all buckets' mean; one set a choice without a permutation.</summary>
    private Tensor Sort(Tensor query, Tensor key, Tensor real, Tensor? noise)
    {
        var counts = real.sum(3).clamp(min: 1);
        var scores = (query.sum(3) / counts).matmul((key.sum(3) / counts).transpose(-2, -1)) / Math.Sqrt(Settings.HeadSize); // [B, H, n, n]
        var buckets = scores.shape[^1];
        if (options.Permutative)
        {
            scores = nn.functional.relu(scores);
            var logits = (scores + Tiny).log();
            if (noise is not null || training)
            {
                var uniform = noise?.view(scores.shape) ?? rand_like(scores);
                logits = logits - (-(uniform + Tiny).log() + Tiny).log();
            }

            logits = logits / options.Temperature;
            for (var i = 0; i < options.Iterations; i++)
            {
                logits = logits - logits.logsumexp(-1, keepdim: true);
                logits = logits - logits.logsumexp(-2, keepdim: true);
            }

            var permutation = logits.exp();
            return options.SortCut > 0 ? permutation.narrow(2, 0, Math.Min(options.SortCut, buckets)) : permutation;
        }

        var empty = real.sum([3, 4]).eq(0).unsqueeze(2);                                                  // [B, 1, 1, n]
        scores = scores.masked_fill(empty, scores.dtype == ScalarType.Float64 ? double.MinValue : float.MinValue);
        return options.SortCut > 0
            ? BucketChoice.Strongest(scores.mean([2], keepdim: true), (int)Math.Min(options.SortCut, buckets), 1)
            : BucketChoice.Strongest(scores, Chosen(buckets), 1);
    }

    /// <summary>Weighted sums of whole buckets: <c>[B, H, r, n]</c> and <c>[B, H, n, b, D]</c> to <c>[B, H, r, b, D]</c>.</summary>
    private static Tensor Reorder(Tensor order, Tensor rows) => order.matmul(rows.flatten(3)).unflatten(3, [rows.shape[3], rows.shape[4]]);
}
