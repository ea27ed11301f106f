using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// Top-k attention over blocks of the cache: a query sees the first tokens, the newest, and the k blocks between whose mean logit is highest, where the
/// heads that share keys decide together. Every step looks at all keys, so a full pass takes O(N²·D) time and, a block of rows at a time, O(N·D) memory;
/// what the choice saves is the reading of values and cold keys. It carries no gradient.
/// </summary>
/// <remarks>Sadhukhan et al., "Kinetics: Rethinking Test-Time Scaling Laws", arXiv:2506.05333; the authors' three rules: tokens, blocks, overlapping blocks.</remarks>
[Attention("kinetics/masked", AttentionPattern.CausalSelf,
    Title = "Top-k blocks of the cache (Kinetics)", Paper = "arXiv:2506.05333", Time = "O(N²·D)", Memory = "O(N·D)", State = "2·N·H·D", Reference = true)]
public sealed class Kinetics(AttentionSettings settings, KineticsOptions options) : SparseRows(settings)
{
    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        // Beside the pairs that are read, each group of heads scores every key between the first and the newest.
        double scored = 0;
        for (long i = 0; i < shape.Length; i++)
        {
            scored += Positions(i + 1) > 0 ? Math.Max(0, i + 1 - options.Sink - options.Local) : 0;
        }

        var cost = base.Cost(shape);
        var groups = shape.Batch * Settings.KeyValueHeads;
        return cost with
        {
            Flops = cost.Flops + (groups * scored * ((2.0 * shape.HeadSize) + 1)),
            ActivationElements = cost.ActivationElements + (4.0 * groups * RowsPerBlock * shape.SourceLength),
        };
    }

    /// <inheritdoc />
    protected override double Pairs(AttentionShape shape)
    {
        double pairs = 0, budget = (double)options.TopBlocks * options.Block;
        for (long i = 0; i < shape.Length; i++)
        {
            var places = Positions(i + 1);
            double middle = Math.Max(0, i + 1 - options.Sink - options.Local);
            pairs += places == 0 ? i + 1
                : options.Stride > 0 ? i + 1 - middle + Math.Min(middle, budget)
                : i + 1 - (places * options.Block) + Math.Min(places * options.Block, budget);
        }

        return pairs * Settings.Heads;
    }

    /// <inheritdoc />
    protected override Func<long, long, RowBlocks.Strip> Strips(AttentionInputs inputs, long first)
    {
        var length = inputs.Key.shape[2];
        var column = arange(length, device: inputs.Key.device);
        return (at, count) =>
        {
            var row = arange(first + at, first + at + count, device: column.device).unsqueeze(1);         // [R, 1]
            var earlier = column.le(row);
            if (Positions(first + at + count) == 0)
            {
                return new RowBlocks.Strip(null, earlier);
            }

            using var scope = NewDisposeScope();
            using var nograd = no_grad();
            var chosen = GroupedHeads.Expand(Choose(inputs, at, first + at, row), Settings.Heads);            // [B, H, R, N]
            return new RowBlocks.Strip(null, chosen.logical_and(earlier).MoveToOuterDisposeScope());
        };
    }

    /// <summary>Blocks that a query with so many tokens chooses among; 0 where it sees all.</summary>
    private long Positions(long tokens)
    {
        var middle = tokens - options.Sink - options.Local;
        if (options.Stride > 0)
        {
            return middle < options.Block ? 0 : ((middle - options.Block) / options.Stride) + 1;
        }

        long all = options.Sink + options.Local + ((long)options.TopBlocks * options.Block), full = (all + options.Block - 1) / options.Block * options.Block;
        return tokens > full ? middle / options.Block : 0;
    }

    /// <summary>What a block of queries sees, later keys aside: <c>[B, Hk, R, N]</c>.</summary>
    /// <param name="inputs">Inputs.</param>
    /// <param name="at">First query of the block among the inputs.</param>
    /// <param name="position">Its position in the sequence.</param>
    /// <param name="row">Positions of the queries, <c>[R, 1]</c>.</param>
    private Tensor Choose(AttentionInputs inputs, long at, long position, Tensor row)
    {
        long count = row.shape[0], length = inputs.Key.shape[2], middle = length - options.Sink, stride = options.Stride > 0 ? options.Stride : options.Block;
        // In double precision: a choice that hung on rounding would differ between element types.
        Tensor Exact(Tensor rows) => rows.to(ScalarType.Float64);
        var query = Exact(inputs.Query.narrow(2, at, count)).unflatten(1, [Settings.KeyValueHeads, -1]).mean([2]) / Math.Sqrt(Settings.HeadSize);
        var scores = query.matmul(Exact(inputs.Key.narrow(2, options.Sink, middle)).transpose(-2, -1));   // [B, Hk, R, N - sink]
        var real = (inputs.KeyMask ?? ones([1, length], ScalarType.Bool, scores.device)).narrow(1, options.Sink, middle).to(scores.dtype);
        // Blocks start at the first token after the sinks for all queries; those that reach too far for a query are hidden from it.
        var sums = (scores * real[.., TensorIndex.None, TensorIndex.None, ..]).unfold(3, options.Block, stride).sum(-1);
        var counts = real.unfold(1, options.Block, stride).sum(-1)[.., TensorIndex.None, TensorIndex.None, ..];
        var places = tensor(Enumerable.Range(0, (int)count).Select(i => Positions(position + i + 1)).ToArray(), ScalarType.Int64, row.device)
            .unsqueeze(1);                                                                                // [R, 1]
        var blocks = sums.shape[3];
        var open = arange(blocks, device: row.device).lt(places);                                         // [R, n]
        var means = (sums / counts.clamp(min: 1)).masked_fill(open.logical_not().logical_or(counts.eq(0)), double.NegativeInfinity);
        var top = means.topk((int)Math.Min(blocks, (options.Stride > 0 ? 2L : 1) * options.TopBlocks), -1).indexes;
        var picked = zeros_like(means, ScalarType.Bool).scatter(3, top, ones_like(top, ScalarType.Bool)).logical_and(open);

        var tokens = zeros([.. scores.shape[..3], length], ScalarType.Bool, row.device);
        for (long inside = 0; inside < options.Block; inside++)
        {
            var column = (arange(blocks, device: row.device) * stride) + options.Sink + inside;
            tokens = tokens.index_copy(3, column, tokens.index_select(3, column).logical_or(picked));
        }

        if (options.Stride > 0)
        {
            tokens = tokens.logical_and(tokens.cumsum(3).le((long)options.TopBlocks * options.Block));
        }

        // The newest tokens begin where the last block that a query may choose ends.
        var columns = arange(length, device: row.device);
        var newest = options.Stride > 0 ? row + 1 - options.Local : (places * options.Block) + options.Sink;
        var ends = columns.lt(options.Sink).logical_or(columns.ge(newest)).logical_or(places.eq(0));
        return tokens.logical_or(ends);
    }
}
