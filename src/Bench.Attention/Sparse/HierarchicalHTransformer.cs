using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// Hierarchical attention level by level in blocks: O(N·b·D) time and O(N·(b + D)) memory noncausal, O(N·b·D·log(N/b)) time causal, where
/// queries stay as they are.
/// </summary>
/// <remarks>Zhu and Soricut, arXiv:2107.11906, sections 5 and 6. The levels are joined by their row maxima and sums.</remarks>
[Attention("h-transformer-1d/hierarchical", AttentionPattern.NoncausalSelf, Extensions = [AttentionPattern.CausalSelf],
    Title = "Hierarchical attention (H-Transformer-1D)", Paper = "arXiv:2107.11906", Time = "O(N·b·D)", Memory = "O(N·(b + D))", State = "2·N·H·D")]
public sealed class HierarchicalHTransformer(AttentionSettings settings, HTransformerOptions options) : HTransformer(settings, options)
{
    /// <summary>Stands for "no key on this level": far below any logit, and finite.</summary>
    private const double Nothing = -1e30;

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        var length = inputs.Query.shape[2];
        var levels = Levels(length);
        var unit = (long)Block << (levels - 1);
        var after = (length + unit - 1) / unit * unit - length;
        var mask = inputs.KeyMask ?? ones([1, length], ScalarType.Bool, inputs.Key.device);
        var real = nn.functional.pad(mask, [0, after]).to(inputs.Key.dtype);                              // [B, P]
        var hidden = real.eq(0)[.., TensorIndex.None, .., TensorIndex.None];
        Tensor Pad(Tensor rows) => nn.functional.pad(rows, [0, 0, 0, after]).masked_fill(hidden, 0);

        var query = nn.functional.pad(inputs.Query, [0, 0, 0, after]) / Math.Sqrt(Settings.HeadSize);
        query = IsCausal ? query : query.masked_fill(hidden, 0);
        var (key, value) = (Pad(inputs.Key), Pad(inputs.Value));
        var sums = new List<Part>();
        for (var level = 0; level < levels; level++)
        {
            using var step = NewDisposeScope();
            var (keys, counts) = level == 0 ? (key, real) : Coarse(key, real, level);
            var values = level == 0 ? value : value.unflatten(2, [-1, 1L << level]).sum(3);
            var queries = level == 0 || IsCausal ? query : Coarse(query, real, level).Means;
            var part = level == 0 ? Near(queries, keys, values, counts) : Far(queries, keys, values, counts, level);
            if (level > 0 && !IsCausal)
            {
                part = part.Map(rows => rows.repeat_interleave(1L << level, 2));
            }

            sums.Add(part.Map(rows => rows.narrow(2, 0, length).MoveToOuterDisposeScope()));
        }

        return Join(sums).MoveToOuterDisposeScope();                                                      // [B, H, N, Dv]
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        var levels = Levels(shape.Length);
        var kept = levels * (shape.ValueSize + 2.0);
        return new AttentionCost(
            shape.Rows * Flops(shape),
            AttentionCost.InputOutputElements(shape),
            shape.Rows * shape.Length * (kept + 2 * shape.ValueSize + 2 * shape.HeadSize + 9.0 * Block));
    }

    /// <summary>Level 0: a block of queries against its own and the neighbouring blocks of keys.</summary>
    private Part Near(Tensor query, Tensor key, Tensor value, Tensor counts)
    {
        var right = IsCausal ? 0 : Block;
        var strip = 2 * Block + right;
        var row = arange(Block, device: query.device).unsqueeze(1) + Block;
        var column = arange(strip, device: query.device);
        var band = IsCausal ? column.le(row) : column.ge(0).logical_and(row.ge(0));                       // [b, s]
        return Strips(query, key, value, counts, Block, strip, Block, right, band);
    }

    /// <summary>A level above: the neighbouring blocks of means, without the quarter that the level below has handled.</summary>
    private Part Far(Tensor query, Tensor key, Tensor value, Tensor counts, int level)
    {
        var rows = IsCausal ? (long)Block << level : Block;
        // Causal strips end before the query's own block: one block is cut off on the right.
        var right = IsCausal ? -Block : Block;
        var strip = 2 * Block + right;
        var half = Block / 2;
        // In halves of a block: the query's block holds halves 2 and 3, its neighbours 0, 1 and 4, 5.
        var row = arange(rows, device: query.device).unsqueeze(1).floor_divide(rows / 2) + 2;
        var column = arange(strip, device: query.device).floor_divide(half);
        var band = (row - column).abs().ge(2).logical_and(column.lt(2).logical_or(column.gt(3)));         // [r, s]
        return Strips(query, key, value, counts, rows, strip, Block, right, band);
    }

    /// <summary>Sums over the visible part of each block's strip.</summary>
    private static Part Strips(Tensor query, Tensor key, Tensor value, Tensor counts, long rows, long strip, long left, long right, Tensor band)
    {
        var block = strip - left - right;
        Tensor Windows(Tensor all) => nn.functional.pad(all, [0, 0, left, right]).unfold(2, strip, block); // [B, H, n, ·, s]

        var weights = nn.functional.pad(counts, [left, right]).unfold(1, strip, block)[.., TensorIndex.None, .., TensorIndex.None, ..]; // [B, 1, n, 1, s]
        var visible = weights.gt(0).logical_and(band);                                                    // [B, 1, n, r, s]
        var scores = query.unflatten(2, [-1, rows]).matmul(Windows(key)).masked_fill(visible.logical_not(), Nothing); // [B, H, n, r, s]
        var largest = scores.detach().amax([-1], keepdim: true);                                          // [B, H, n, r, 1]
        var shares = (scores - largest).exp().masked_fill(visible.logical_not(), 0);
        return new Part(
            largest.flatten(2, 3),
            shares.matmul(Windows(value).transpose(-2, -1)).flatten(2, 3),
            shares.matmul(weights.transpose(-2, -1)).flatten(2, 3));
    }

    /// <summary>One softmax out of the sums of all levels; zeros for a row that sees nothing.</summary>
    private static Tensor Join(List<Part> parts)
    {
        var largest = parts.Select(part => part.Largest).Aggregate(maximum);                              // [B, H, N, 1]
        Tensor Total(Func<Part, Tensor> which) => parts.Select(part => (part.Largest - largest).exp() * which(part)).Aggregate((a, b) => a + b);

        var weight = Total(part => part.Weight);
        return Total(part => part.Values) / weight.masked_fill(weight.eq(0), 1);
    }

    /// <summary>Sums of one level, relative to e^Largest.</summary>
    /// <param name="Largest">Largest logit of each row, <c>[B, H, N, 1]</c>.</param>
    /// <param name="Values">Σ e^(logit − Largest) times the sum of values, <c>[B, H, N, Dv]</c>.</param>
    /// <param name="Weight">Σ e^(logit − Largest) times the number of real tokens, <c>[B, H, N, 1]</c>.</param>
    private sealed record Part(Tensor Largest, Tensor Values, Tensor Weight)
    {
        public Part Map(Func<Tensor, Tensor> change) => new(change(Largest), change(Values), change(Weight));
    }
}
