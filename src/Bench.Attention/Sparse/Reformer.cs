using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// Reformer's attention: tokens are sorted by random-projection hashes, and attend inside their chunk of the sorted sequence and the one before;
/// rounds are combined by their log-sum-exp. Queries serve as keys (normalised), the keys given are not read. A token sees itself only when it
/// sees nothing else. O(n_h·N·b·D) time. Rotations are drawn in every pass; <c>random.rotations</c> <c>[D, n_h, buckets/2]</c> replaces them.
/// </summary>
/// <remarks>Kitaev et al., "Reformer", arXiv:2001.04451, section 2. Padded tokens share a bucket of their own unless an option says otherwise.</remarks>
[Attention("reformer/sorted", AttentionPattern.NoncausalSelf,
    Title = "Reformer (LSH attention)", Paper = "arXiv:2001.04451", Time = "O(n_h·N·b·D)", Memory = "O(n_h·N·(b + D))", Reference = true, Random = true)]
public sealed class Reformer(AttentionSettings settings, ReformerOptions options) : AttentionOperator(settings)
{
    private const double Self = -5e4;

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        var (length, period) = (inputs.Query.shape[2], 2L * options.Bucket);
        var padded = (length + period - 1) / period * period;
        Tensor Pad(Tensor rows) => nn.functional.pad(rows, [0, 0, 0, padded - length]);

        var (query, value) = (Pad(inputs.Query), Pad(inputs.Value));
        var mask = nn.functional.pad(inputs.KeyMask ?? ones([query.shape[0], length], ScalarType.Bool, query.device), [0, padded - length]);
        var real = mask.unsqueeze(1).expand(query.shape[0], query.shape[1], padded);                      // [B, H, P]
        var buckets = Buckets(query, real, inputs.Optional("random.rotations"));                          // [B, H, n, P]
        return Rounds(query, value, real, buckets).narrow(2, 0, length).clone().MoveToOuterDisposeScope(); // [B, H, N, Dv]
    }

    /// <summary>The bucket of every token in every round, <c>[B, H, n_h, P]</c>, from 0 in each round.</summary>
    public Tensor Buckets(Tensor query, Tensor real, Tensor? rotations)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var count = query.shape[2] / options.Bucket;
        rotations ??= randn([query.shape[3], options.Hashes, count / 2], dtype: ScalarType.Float32, device: query.device);
        // Draws and hashes must not depend on the element type: a bucket that hung on rounding would move all tokens sorted after it.
        var (exact, turns) = (query.to(ScalarType.Float64), rotations.to(ScalarType.Float64).to(query.device));
        var buckets = stack(
            [
                .. Enumerable.Range(0, options.Hashes).Select(round =>
                {
                    using var one = NewDisposeScope();
                    var rotated = exact.matmul(turns.select(1, round));                                   // [B, H, P, buckets/2]
                    return cat([rotated, -rotated], -1).argmax(-1).MoveToOuterDisposeScope();
                }),
            ],
            2);                                                                                           // [B, H, n, P]
        return (options.HashPaddingQuirk ? buckets : where(real.unsqueeze(2), buckets, full_like(buckets, count))).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double n = shape.Length, rounds = options.Hashes, b = options.Bucket;
        return new AttentionCost(
            shape.Rows * rounds * n * (2.0 * shape.HeadSize * n / (2 * b) + 2 * b * (2.0 * shape.HeadSize + 2.0 * shape.ValueSize + 5)),
            AttentionCost.InputOutputElements(shape),
            shape.Rows * rounds * n * (4 * b + 3.0 * shape.HeadSize + 3.0 * shape.ValueSize));
    }

    private Tensor Rounds(Tensor query, Tensor value, Tensor real, Tensor buckets)
    {
        var (rounds, length) = (buckets.shape[2], buckets.shape[3]);
        var chunks = rounds * length / options.Bucket;
        var place = arange(length, device: query.device);
        // Sorting by bucket and position makes the order one of a kind.
        var order = (buckets * length + place).argsort(-1);                                               // [B, H, n, P]
        var position = order.flatten(2);                                                                  // [B, H, n·P]
        Tensor Chunk(Tensor rows) => rows.gather(2, position.unsqueeze(-1).expand(-1, -1, -1, rows.shape[3])).unflatten(2, [chunks, options.Bucket]);
        Tensor Label(Tensor labels) => labels.unflatten(2, [chunks, options.Bucket]);
        // The chunk before, around the end of the last round.
        static Tensor Back(Tensor rows) => cat([rows, rows.roll(1, 2)], 3);

        var sortedQuery = Chunk(query);                                                                   // [B, H, c, b, D]
        var keys = Back(sortedQuery / sortedQuery.norm(-1, keepdim: true).clamp(min: 1e-12));
        var values = Back(Chunk(value));
        var at = Label(position);
        var (row, column) = (at.unsqueeze(-1), Back(at).unsqueeze(-2));                                   // [B, H, c, b, 1], [B, H, c, 1, 2b]
        var logits = sortedQuery.matmul(keys.transpose(-2, -1)) / Math.Sqrt(query.shape[3]);              // [B, H, c, b, 2b]
        var least = double.MinValue;
        if (query.dtype == ScalarType.Float32)
        {
            least = float.MinValue;
        }

        var present = Label(real.gather(2, position));
        logits = logits.masked_fill(Back(present).unsqueeze(-2).logical_and(present.unsqueeze(-1)).logical_not(), least);
        if (options.CausalMask)
        {
            logits = logits.masked_fill(row.lt(column), least);
        }

        logits = logits.masked_fill(row.eq(column), Self);
        if (!options.AcrossBuckets)
        {
            var bucket = Label((buckets.gather(3, order) + arange(rounds, device: query.device).view(1, 1, -1, 1) * (length + 1)).flatten(2));
            logits = logits.masked_fill(bucket.unsqueeze(-1).ne(Back(bucket).unsqueeze(-2)), least);
        }

        if (!options.Duplicates)
        {
            logits = logits - (Meetings(order, buckets, chunks, at).to(logits.dtype) + 1e-9).log();
        }

        var lse = logits.logsumexp(-1, keepdim: true);                                                    // [B, H, c, b, 1]
        var outputs = (logits - lse).exp().matmul(values);                                                // [B, H, c, b, Dv]
        var back = order.argsort(-1);                                                                     // [B, H, n, P]
        Tensor Unsort(Tensor sorted)
        {
            var flat = sorted.flatten(2, 3).unflatten(2, [rounds, length]);                               // [B, H, n, P, ·]
            return flat.gather(3, back.unsqueeze(-1).expand(-1, -1, -1, -1, flat.shape[4]));
        }

        return (Unsort(lse).softmax(2) * Unsort(outputs)).sum(2);                                         // [B, H, P, Dv]
    }

    /// <summary>
    /// In how many rounds the key of a pair stands in the query's chunk or the one before, and in its bucket where only that counts:
    /// <c>[B, H, c, b, 2b]</c>.
    /// </summary>
    private Tensor Meetings(Tensor order, Tensor buckets, long chunks, Tensor at)
    {
        var (rounds, length) = (order.shape[2], order.shape[3]);
        var round = arange(rounds, device: order.device).view(1, 1, -1, 1);
        var chunk = order.argsort(-1).floor_divide(options.Bucket) + round * (length / options.Bucket);   // [B, H, n, P]
        var group = options.AcrossBuckets ? zeros_like(chunk) : (buckets + round * (length + 1)) * chunks;
        var (here, next) = ((group + chunk).transpose(2, 3), (group + (chunk + 1).remainder(chunks)).transpose(2, 3)); // [B, H, P, n]
        Tensor Of(Tensor places, Tensor positions) => places.gather(2, positions.flatten(2).unsqueeze(-1).expand(-1, -1, -1, rounds))
            .unflatten(2, [chunks, -1]);
        var keys = cat([at, at.roll(1, 2)], 3);
        var query = Of(here, at).unsqueeze(4);                                                            // [B, H, c, b, 1, n]
        return query.eq(Of(here, keys).unsqueeze(3)).logical_or(query.eq(Of(next, keys).unsqueeze(3))).sum(-1);
    }
}
