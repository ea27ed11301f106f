using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// BigBird: first and last block are global, every block of queries also sees its neighbours and r random blocks that differ from head to head.
/// O(N·(5 + r)·b·D) time, O(N·(5 + r)·(b + D)) memory. Sequences below five blocks get full attention. Named input <c>random.blocks</c>
/// <c>[H, N/b − 2, r]</c> replaces the choice.
/// </summary>
/// <remarks>Zaheer et al., "Big Bird", arXiv:2007.14062, section 2 and appendix D; block layout of the Long Range Arena's module.</remarks>
[Attention("bigbird/blocked", AttentionPattern.NoncausalSelf,
    Title = "BigBird", Paper = "arXiv:2007.14062", Time = "O(N·(5 + r)·b·D)", Memory = "O(N·(5 + r)·(b + D))", Reference = true)]
public sealed class BigBird(AttentionSettings settings, BigBirdOptions options) : AttentionOperator(settings)
{
    private const int LeastBlocks = 5;

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        var (length, block) = (inputs.Query.shape[2], (long)options.Block);
        var blocks = (length + block - 1) / block;
        var after = blocks * block - length;
        Tensor Pad(Tensor rows) => nn.functional.pad(rows, [0, 0, 0, after]);

        var query = Pad(inputs.Query / Math.Sqrt(Settings.HeadSize));
        var (key, value) = (Pad(GroupedHeads.Expand(inputs.Key, Settings.Heads)), Pad(GroupedHeads.Expand(inputs.Value, Settings.Heads)));
        var mask = inputs.KeyMask ?? ones([query.shape[0], length], ScalarType.Bool, query.device);
        mask = nn.functional.pad(mask, [0, after]);                                                       // [B, P]
        if (blocks < LeastBlocks)
        {
            return Full(query, key, value, mask).narrow(2, 0, length).clone().MoveToOuterDisposeScope();
        }

        var edges = cat([query.narrow(2, 0, block), query.narrow(2, (blocks - 1) * block, block)], 2);
        var outer = Full(edges, key, value, mask);                                                        // [B, H, 2b, Dv]
        var inner = Inner(query, key, value, mask, Table(inputs, blocks));                                // [B, H, P − 2b, Dv]
        return cat([outer.narrow(2, 0, block), inner, outer.narrow(2, block, block)], 2).narrow(2, 0, length).clone()
            .MoveToOuterDisposeScope();                                                                   // [B, H, N, Dv]
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double n = shape.Length, b = options.Block, pairs = n < LeastBlocks * b ? n * n : 2 * b * n + (n - 2 * b) * Seen * b;
        return new AttentionCost(
            shape.Rows * pairs * (2.0 * shape.HeadSize + 2.0 * shape.ValueSize + 5),
            AttentionCost.InputOutputElements(shape),
            shape.Rows * (2 * pairs + n * Seen * (shape.HeadSize + shape.ValueSize) + 2 * n * shape.ValueSize));
    }

    private int Seen => LeastBlocks + options.RandomBlocks;

    private static Tensor Full(Tensor query, Tensor key, Tensor value, Tensor mask) =>
        MaskedSoftmax.Of(query.matmul(key.transpose(-2, -1)), mask[.., TensorIndex.None, TensorIndex.None, ..]).matmul(value);

    /// <summary>All blocks of queries but the first and the last, over the blocks of the table.</summary>
    private Tensor Inner(Tensor query, Tensor key, Tensor value, Tensor mask, Tensor table)
    {
        var (block, blocks) = ((long)options.Block, query.shape[2] / options.Block);
        var (batch, heads, rows, seen) = (query.shape[0], query.shape[1], table.shape[1], table.shape[2]);
        var flat = table.clamp(min: 0).flatten(1);                                                        // [H, rows·seen]
        Tensor Gather(Tensor all)
        {
            var index = flat.view(1, heads, -1, 1, 1).expand(batch, heads, rows * seen, block, all.shape[3]);
            return all.unflatten(2, [blocks, block]).gather(2, index).view(batch, heads, rows, seen * block, all.shape[3]);
        }

        var real = mask.view(batch, 1, blocks, block).expand(batch, heads, blocks, block)
            .gather(2, flat.view(1, heads, -1, 1).expand(batch, heads, rows * seen, block))
            .logical_and(table.ge(0).view(1, heads, -1, 1))
            .view(batch, heads, rows, 1, seen * block);
        var queries = query.narrow(2, block, rows * block).unflatten(2, [rows, block]);                   // [B, H, rows, b, D]
        return MaskedSoftmax.Of(queries.matmul(Gather(key).transpose(-2, -1)), real).matmul(Gather(value)).flatten(2, 3);
    }

    /// <summary>Blocks that each inner block of queries sees, <c>[H, N/b − 2, 5 + r]</c>; −1 where it sees fewer.</summary>
    private Tensor Table(AttentionInputs inputs, long blocks)
    {
        var table = new long[Settings.Heads, blocks - 2, Seen];
        var given = inputs.Optional("random.blocks");
        for (var head = 0; head < Settings.Heads; head++)
        {
            var random = new Random(unchecked((options.Seed * 1_000_003) + head));
            for (long row = 1; row < blocks - 1; row++)
            {
                long[] near = [.. new[] { 0, blocks - 1, row - 1, row, row + 1 }.Distinct()];
                long[] far = given is null
                    ? Draw(random, [.. Enumerable.Range(0, (int)blocks).Select(i => (long)i).Except(near)])
                    : [.. Enumerable.Range(0, (int)given.shape[2]).Select(i => given[head, row - 1, i].item<long>())];
                var all = near.Concat(far).ToArray();
                for (var i = 0; i < Seen; i++)
                {
                    table[head, row - 1, i] = i < all.Length ? all[i] : -1;
                }
            }
        }

        return tensor(table, ScalarType.Int64, inputs.Query.device);
    }

    /// <summary>r of the candidates without repetition, or all when there are fewer.</summary>
    private long[] Draw(Random random, long[] candidates)
    {
        random.Shuffle(candidates);
        return candidates[..Math.Min(options.RandomBlocks, candidates.Length)];
    }
}
