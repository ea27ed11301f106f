using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// What the forms of hierarchical attention share. A pair of tokens is handled on the finest level ℓ on which their blocks, of b·2^ℓ tokens,
/// are equal or neighbours: on level 0 exactly, above by the means of 2^ℓ queries and of 2^ℓ keys. One softmax over all levels; a mean key
/// counts once for each of its real tokens and brings the sum of their values. Causal self keeps every query as it is, since a mean would hear
/// later ones; keys above level 0 lie in blocks that are over.
/// </summary>
/// <remarks>Zhu and Soricut, "H-Transformer-1D", arXiv:2107.11906, sections 4 to 6. The causal form is ours.</remarks>
public abstract class HTransformer : AttentionOperator
{
    /// <summary>Checks the block.</summary>
    /// <exception cref="ArgumentException">The block is odd.</exception>
    protected HTransformer(AttentionSettings settings, HTransformerOptions options)
        : base(settings)
    {
        Block = options.Block % 2 == 0 ? options.Block : throw new ArgumentException(
            $"Option 'block' is {options.Block}; half a block must be a block of the level below, so it must be even.");
    }

    /// <inheritdoc />
    public override bool Decodes => IsCausal;

    /// <summary>b.</summary>
    protected int Block { get; }

    /// <summary>Whether later keys are hidden.</summary>
    protected bool IsCausal => Settings.Pattern == AttentionPattern.CausalSelf;

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(AttentionInputs inputs) => PrefillKeyValues(inputs);

    /// <inheritdoc />
    public override Tensor Step(AttentionInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var cache = (KeyValueState)state;
        cache.Append(token.Key, token.Value);
        return Whole(token.Query, cache.Keys, cache.Values, null, cache.Count - 1).MoveToOuterDisposeScope(); // [B, H, 1, Dv]
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) =>
        Decodes ? (long)shape.Length * Settings.Heads * (Settings.HeadSize + Settings.ValueSize) : 0;

    /// <summary>Levels that a sequence of this length needs: on the last, at most two blocks are left.</summary>
    protected int Levels(long length)
    {
        var levels = 1;
        for (var blocks = (length + Block - 1) / Block; blocks > 2; blocks = (blocks + 1) / 2)
        {
            levels++;
        }

        return levels;
    }

    /// <summary>Means over groups of 2^ℓ tokens, real ones only, and how many are real.</summary>
    /// <param name="rows"><c>[B, H, P, D]</c>, P a multiple of 2^ℓ, zero where padded.</param>
    /// <param name="real"><c>[B or 1, P]</c> as numbers.</param>
    /// <param name="level">ℓ.</param>
    protected static (Tensor Means, Tensor Counts) Coarse(Tensor rows, Tensor real, int level)
    {
        var counts = real.unflatten(1, [-1, 1L << level]).sum(2);                                         // [B, P/2^ℓ]
        var sums = rows.unflatten(2, [-1, 1L << level]).sum(3);
        return (sums / counts.clamp(min: 1)[.., TensorIndex.None, .., TensorIndex.None], counts);
    }

    /// <summary>Useful operations of one pass per head: both products and 5 a pair.</summary>
    protected double Flops(AttentionShape shape)
    {
        double n = shape.Length, b = Block, d = shape.HeadSize, e = shape.ValueSize, blocks = Math.Ceiling(n / b);
        var near = IsCausal ? n * (b + 1) / 2 + Math.Max(0, n - b) * b : n * b + 2 * Math.Max(0, n - b) * b;
        double pairs = near, pooling = 0;
        for (var level = 1; level < Levels(shape.Length); level++)
        {
            // Of a neighbouring block three quarters are left; there is one less neighbour than blocks, on either side.
            blocks = Math.Ceiling(blocks / 2);
            var rows = IsCausal ? b * Math.Pow(2, level) : b;
            pairs += (blocks - 1) * rows * b * 0.75 * (IsCausal ? 1 : 2);
            pooling += n * (IsCausal ? d + e : 2 * d + e) / Math.Pow(2, level - 1);
        }

        return pairs * (2 * d + 2 * e + 5) + pooling;
    }

    /// <summary>All pairs of the queries from a position on, each on its level: <c>[B, H, T, Dv]</c>; O(T·N) time and memory for each level.</summary>
    protected Tensor Whole(Tensor query, Tensor key, Tensor value, Tensor? mask, long first)
    {
        var length = key.shape[2];
        var levels = Levels(length);
        var unit = 1L << (levels - 1);
        var after = (length + unit - 1) / unit * unit - length;
        var seen = mask ?? ones([1, length], ScalarType.Bool, key.device);
        var real = nn.functional.pad(seen, [0, after]).to(key.dtype);                                     // [B, P]
        Tensor Pad(Tensor rows, long before) => nn.functional.pad(rows, [0, 0, before, after]);

        var hidden = real.eq(0)[.., TensorIndex.None, .., TensorIndex.None];
        var keys = Pad(key, 0).masked_fill(hidden, 0);
        var queries = Pad(query, first);
        queries = IsCausal ? queries : queries.masked_fill(hidden, 0);
        var row = arange(first, first + query.shape[2], device: key.device).unsqueeze(1);                 // [T, 1]
        var column = arange(length, device: key.device);                                                  // [N]
        var open = column.ge(0).logical_and(row.ge(0));                                                   // pairs without a level yet
        var logits = zeros([query.shape[0], query.shape[1], query.shape[2], length], dtype: key.dtype, device: key.device);
        for (var level = 0; level < levels; level++)
        {
            Tensor Spread(Tensor rows) => level == 0 ? rows : Coarse(rows, real, level).Means.repeat_interleave(1L << level, 2);

            var size = Block * (1L << level);
            var near = (row.floor_divide(size) - column.floor_divide(size)).abs().le(1).logical_and(open);
            var left = (IsCausal ? queries : Spread(queries)).narrow(2, first, query.shape[2]) / Math.Sqrt(Settings.HeadSize);
            logits = where(near, left.matmul(Spread(keys).narrow(2, 0, length).transpose(-2, -1)), logits);
            open = open.logical_and(near.logical_not());
        }

        var visible = seen[.., TensorIndex.None, TensorIndex.None, ..];
        return MaskedSoftmax.Of(logits, IsCausal ? visible.logical_and(column.le(row)) : visible).matmul(value);
    }
}
