using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// Mixture of block attention: a query attends causally to its own block and to the k − 1 past blocks whose mean keys it scores highest.
/// The choice carries no gradient. This plain form masks all keys of a block of queries: O(N²·D) time, O(N·(N/c + D)) memory.
/// </summary>
/// <remarks>Lu et al., "MoBA: Mixture of Block Attention for Long-Context LLMs", arXiv:2502.13189, section 2.2; its naive form, where k = 1 is local.</remarks>
[Attention("moba/masked", AttentionPattern.CausalSelf,
    Title = "Mixture of block attention (MoBA)", Paper = "arXiv:2502.13189", Time = "O(N²·D)", Memory = "O(N·(N/c + D))", State = "2·N·H·D", Reference = true)]
public sealed class Moba(AttentionSettings settings, MobaOptions options) : SparseRows(settings)
{
    /// <inheritdoc />
    protected override double Pairs(AttentionShape shape)
    {
        double n = shape.Length, c = options.Block, pairs = 0;
        for (double first = 0; first < n; first += c)
        {
            var rows = Math.Min(c, n - first);
            pairs += rows * (rows + 1) / 2 + rows * c * Math.Min(options.TopBlocks - 1, first / c);
        }

        return pairs * Settings.Heads;
    }

    /// <inheritdoc />
    protected override Func<long, long, RowBlocks.Strip> Strips(AttentionInputs inputs, long first)
    {
        var length = inputs.Key.shape[2];
        var chosen = Choose(inputs, first);                                                              // [B, H, T, n]
        var column = arange(length, device: inputs.Key.device);
        return (at, count) =>
        {
            var row = arange(first + at, first + at + count, device: column.device).unsqueeze(1);
            var blocks = chosen.narrow(2, at, count).repeat_interleave(options.Block, -1).narrow(3, 0, length);
            return new RowBlocks.Strip(null, blocks.logical_and(column.le(row)));
        };
    }

    /// <summary>Which blocks each query attends to: its own, and the best of those before it.</summary>
    private Tensor Choose(AttentionInputs inputs, long first)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        // In double precision: a choice that hung on rounding would differ between element types.
        var (query, key) = (inputs.Query.to(ScalarType.Float64), inputs.Key.to(ScalarType.Float64));
        var (length, block) = (key.shape[2], (long)options.Block);
        var blocks = (length + block - 1) / block;
        var mask = inputs.KeyMask ?? ones([key.shape[0], length], ScalarType.Bool, key.device);
        var real = nn.functional.pad(mask, [0, blocks * block - length]).view(mask.shape[0], 1, blocks, block, 1).to(key.dtype);
        var keys = nn.functional.pad(key, [0, 0, 0, blocks * block - length]).unflatten(2, [blocks, block]);
        var means = (keys * real).sum(3) / real.sum(3).clamp(min: 1);                                    // [B, Hk, n, D]
        var gates = query.matmul(GroupedHeads.Expand(means, Settings.Heads).transpose(-2, -1));   // [B, H, T, n]
        var own = arange(first, first + inputs.Query.shape[2], device: gates.device).floor_divide(block).unsqueeze(1);
        var index = arange(blocks, device: gates.device);
        gates = gates.masked_fill(real.sum([3, 4]).eq(0).unsqueeze(2), float.NegativeInfinity)
            .masked_fill(index.gt(own), float.NegativeInfinity).masked_fill(index.eq(own), float.PositiveInfinity);
        var best = gates.topk((int)Math.Min(options.TopBlocks, blocks), 3).indexes;
        return zeros_like(gates, ScalarType.Bool).scatter(3, best, ones_like(best, ScalarType.Bool)).MoveToOuterDisposeScope();
    }
}
