using Bench.Attention.Primitives.Fused;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// Causal hierarchical attention as one softmax over the keys of all levels, whose scores stay in cache: O(N·b·D·log(N/b)) time, O(N·D) memory. As
/// causal queries are the same on every level, a mean of c keys is one more key, its logit raised by log c, with the mean of the values. On CPU in
/// float32; other devices and element types take the form by levels.
/// </summary>
/// <remarks>Zhu and Soricut, arXiv:2107.11906; the causal form and the kernel are ours.</remarks>
[Attention("h-transformer-1d/fused", Extensions = [AttentionPattern.CausalSelf],
    Title = "Hierarchical attention (H-Transformer-1D)", Paper = "arXiv:2107.11906", Time = "O(N·b·D·log(N/b))", Memory = "O(N·D)", State = "2·N·H·D")]
public sealed class FusedHTransformer : HTransformer
{
    private const int BlockRows = 64;

    private readonly HierarchicalHTransformer _levels;

    /// <summary>The kernel and the form by levels.</summary>
    public FusedHTransformer(AttentionSettings settings, HTransformerOptions options)
        : base(settings, options)
    {
        _levels = new HierarchicalHTransformer(settings, options);
    }

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        if (!FusedStrips.Fits(inputs.Query, inputs.Key, inputs.Value))
        {
            return _levels.forward(inputs);
        }

        using var scope = NewDisposeScope();
        var length = inputs.Key.shape[2];
        var unit = 1L << (Levels(length) - 1);
        var after = ((length + unit - 1) / unit * unit) - length;
        var real = nn.functional.pad(inputs.KeyMask ?? ones([1, length], ScalarType.Bool), [0, after]).to(ScalarType.Float32);
        var hidden = real.eq(0)[.., TensorIndex.None, .., TensorIndex.None];
        Tensor Pad(Tensor rows) => nn.functional.pad(rows, [0, 0, 0, after]).masked_fill(hidden, 0);

        var (key, value) = (Pad(inputs.Key), Pad(inputs.Value));
        var (keys, values, masks) = (new List<Tensor>(), new List<Tensor>(), new List<Tensor>());
        for (var level = 0; level < Levels(length); level++)
        {
            var (means, counts) = Coarse(key, real, level);
            // One more component, against a one in every query, adds log c.
            var logs = counts.clamp(min: 1).log()[.., TensorIndex.None, .., TensorIndex.None].expand(key.shape[0], key.shape[1], -1, 1);
            keys.Add(cat([means, logs], -1));
            values.Add(Coarse(value, real, level).Means);
            masks.Add(counts.gt(0));
        }

        var query = nn.functional.pad(inputs.Query / Math.Sqrt(Settings.HeadSize), [0, 1], value: 1);
        var mask = inputs.KeyMask is null ? null : cat(masks, 1);
        return FusedStrips.Run(query, cat(keys, 2), cat(values, 2), mask, BlockRows, (row, count) => Strip(row, (int)count, length, length + after))
            .MoveToOuterDisposeScope();                                                                   // [B, H, N, Dv]
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape) => new(
        shape.Rows * Flops(shape),
        AttentionCost.InputOutputElements(shape),
        shape.Rows * shape.Length * ((3.0 * (shape.HeadSize + 1)) + (3.0 * shape.ValueSize)));

    /// <summary>Keys of all levels that some query of a block reads.</summary>
    /// <param name="row">First query.</param>
    /// <param name="count">Queries.</param>
    /// <param name="length">N.</param>
    /// <param name="padded">Keys of level 0; every level above has half as many.</param>
    private StripMask Strip(long row, int count, long length, long padded)
    {
        var (columns, visible) = (new List<long>(), new List<byte[]>());
        long offset = 0;
        for (var level = 0; level < Levels(length); level++)
        {
            var size = (long)Block << level;
            // From the block before the first query's to the query itself; above level 0 to the block before the last query's.
            var first = Math.Max(0, (row / size) - 1) * Block;
            var end = level == 0 ? row + count : (row + count - 1) / size * Block;
            for (var key = first; key < end; key++)
            {
                var sees = new byte[BlockRows];
                for (var i = 0; i < count; i++)
                {
                    sees[i] = Sees(row + i, key << level, level, size) ? (byte)1 : (byte)0;
                }

                if (sees.AsSpan().Contains((byte)1))
                {
                    columns.Add(offset + key);
                    visible.Add(sees);
                }
            }

            offset += padded >> level;
        }

        return new StripMask(row, count, [.. columns], [.. visible.SelectMany(sees => sees)], BlockRows);
    }

    /// <summary>Whether this is the finest level on which the blocks of query i and of token j are neighbours, j not later.</summary>
    private static bool Sees(long i, long j, int level, long size) => level == 0
        ? j <= i && (i / size) - (j / size) <= 1
        : (i / size) - (j / size) == 1 && (i / (size / 2)) - (j / (size / 2)) >= 2;
}
