using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// FlexPrefill: the attention of the last b queries says how many columns and diagonals of blocks each head needs to hold the share γ of it, and
/// which. A head whose pooled attention resembles its true one also takes the pairs of blocks that the pooled attention ranks highest.
/// </summary>
public abstract class FlexPrefill(AttentionSettings settings, FlexPrefillOptions options, bool gathers)
    : PromptSparse(settings, options.Block, options.Block, gathers)
{
    /// <summary>Tokens whose count makes one more block; the authors' number, whatever the block is.</summary>
    private const int TokensPerCountedBlock = 128;

    /// <inheritdoc />
    protected override Tensor Choose(Tensor query, Tensor key)
    {
        using var scope = NewDisposeScope();
        long length = key.shape[2], block = options.Block, blocks = (length + block - 1) / block;
        var row = arange(blocks, device: key.device).unsqueeze(1);
        var earlier = row.transpose(0, 1).le(row);                                                        // [n, n]
        if (IsDense(length))
        {
            return earlier.expand(query.shape[0], query.shape[1], blocks, blocks).clone().MoveToOuterDisposeScope();
        }

        var newest = query.narrow(2, length - block, block) / Math.Sqrt(Settings.HeadSize);               // [B, H, b, D]
        var probe = Probe(newest, key);                                                                   // [B, H, b, N]
        var (vertical, slash) = (probe.mean([2]), Diagonals(probe) / block);                              // [B, H, N]
        var (columns, diagonals) = (Count(vertical, blocks), Count(slash, blocks));                       // [B, H, 1]
        (vertical, slash) = (Sums(vertical), Sums(slash));                                                // [B, H, n]

        var keys = Means(key);                                                                            // [B, H, n, D]
        var pooled = newest.mean([2], keepdim: true).matmul(keys.transpose(-2, -1)).squeeze(2).softmax(-1);
        var isAware = Distance(pooled, vertical).lt(options.Threshold).unsqueeze(-1);                     // [B, H, 1]
        var least = full_like(columns, LeastBlocks);
        var chosen = Best(vertical, where(isAware, least, columns), always: 0).unsqueeze(2);              // [B, H, 1, n]
        // The last place of the diagonals is the main one: turned round, a place is the number of blocks that a key lies back.
        var byOffset = Best(slash, where(isAware, least, diagonals), always: blocks - 1).flip(-1);
        var offset = (row - row.transpose(0, 1)).clamp(min: 0);                                           // [n, n]
        chosen = chosen.logical_or(byOffset.index_select(2, offset.flatten()).unflatten(2, [blocks, blocks]));
        chosen = chosen.logical_or(Ranked(query, keys, earlier).logical_and(isAware.unsqueeze(-1)));
        return chosen.logical_and(earlier).MoveToOuterDisposeScope();                                     // [B, H, n, n]
    }

    /// <inheritdoc />
    protected override double LeastPairs(AttentionShape shape)
    {
        double n = shape.Length, b = options.Block;
        if (IsDense(shape.Length))
        {
            return n * (n + 1) / 2;
        }

        double pairs = 0;
        for (double first = 0; first < n; first += b)
        {
            var rows = Math.Min(b, n - first);
            pairs += (rows * (rows + 1) / 2) + (rows * Math.Min(first, b * ((2 * LeastBlocks) - 1)));
        }

        return pairs;
    }

    /// <inheritdoc />
    protected override double ChoiceFlops(AttentionShape shape)
    {
        double n = shape.Length, b = options.Block, d = shape.HeadSize;
        return IsDense(shape.Length) ? 0 : (n * b * ((2 * d) + 7)) + (2 * n * d) + (4 * d * n / b);
    }

    /// <inheritdoc />
    protected override double ChoiceElements(AttentionShape shape) =>
        IsDense(shape.Length) ? 0 : 3 * shape.Rows * (options.Block + 1.0) * shape.Length;

    private int LeastBlocks => (options.MinBudget + options.Block - 1) / options.Block;

    private bool IsDense(long length) => length <= Math.Max(2L * options.Block, (long)LeastBlocks * options.Block);

    /// <summary>Causal attention of the last queries: <c>[B, H, b, N]</c>.</summary>
    private static Tensor Probe(Tensor newest, Tensor key)
    {
        long block = newest.shape[2], length = key.shape[2];
        var later = arange(length, device: key.device).gt(arange(length - block, length, device: key.device).unsqueeze(1));
        return newest.matmul(key.transpose(-2, -1)).masked_fill(later, double.NegativeInfinity).softmax(-1);
    }

    /// <summary>Sums along the diagonals of <c>[B, H, b, N]</c>: the main one stands last, the farthest first.</summary>
    private static Tensor Diagonals(Tensor rows)
    {
        long block = rows.shape[2], length = rows.shape[3], wide = length + block - 1;
        // One place more in each row moves row i by i places.
        var flat = nn.functional.pad(rows, [block - 1, 0]).flatten(2);
        return nn.functional.pad(flat, [0, block]).unflatten(2, [block, wide + 1]).narrow(3, 0, length).sum(2);
    }

    /// <summary>Blocks that hold the share γ, between the bounds: <c>[B, H, 1]</c>.</summary>
    private Tensor Count(Tensor scores, long blocks)
    {
        var tokens = scores.sort(-1, true).Values.cumsum(-1).le(options.Coverage).sum(-1, keepdim: true) + 1;
        var most = Math.Min(options.MaxBudget is { } budget ? (budget + options.Block - 1) / options.Block : long.MaxValue, blocks);
        return (tokens.floor_divide(TokensPerCountedBlock) + 1).clamp(min: LeastBlocks).clamp(max: most);
    }

    /// <summary>The best places, one of them whatever its score.</summary>
    private static Tensor Best(Tensor scores, Tensor count, long always)
    {
        var place = arange(scores.shape[2], device: scores.device);
        var order = scores.masked_fill(place.eq(always), double.PositiveInfinity).argsort(-1, true);
        return order.argsort(-1).lt(count);
    }

    /// <summary>Pairs of blocks in the order of their pooled attention until γ of every row is held: <c>[B, H, n, n]</c>.</summary>
    private Tensor Ranked(Tensor query, Tensor keys, Tensor earlier)
    {
        var blocks = keys.shape[2];
        var scores = (Means(query) / Math.Sqrt(Settings.HeadSize)).matmul(keys.transpose(-2, -1));
        var flat = scores.masked_fill(earlier.logical_not(), double.NegativeInfinity).softmax(-1).flatten(2);
        var (sorted, order) = flat.sort(-1, true);
        var kept = sorted.cumsum(-1).le(options.Coverage * blocks);
        return zeros_like(flat, ScalarType.Bool).scatter(2, order, kept).unflatten(2, [blocks, blocks]);
    }

    /// <summary>Square root of the Jensen–Shannon divergence; NaN, which is below no threshold, where a share is zero.</summary>
    private static Tensor Distance(Tensor p, Tensor q)
    {
        var middle = (p + q) / 2;
        return ((0.5 * (p * (p / middle).log()).sum(-1)) + (0.5 * (q * (q / middle).log()).sum(-1))).sqrt();
    }

    private Tensor Sums(Tensor scores)
    {
        var after = (options.Block - (scores.shape[2] % options.Block)) % options.Block;
        return nn.functional.pad(scores, [0, after]).unflatten(2, [-1, options.Block]).sum(3);
    }

    /// <summary>Means of blocks of tokens, the last one over what it has: <c>[B, H, n, D]</c>.</summary>
    private Tensor Means(Tensor rows)
    {
        long length = rows.shape[2], block = options.Block, blocks = (length + block - 1) / block;
        var sizes = (length - (arange(blocks, device: rows.device) * block)).clamp(max: block).to(rows.dtype).unsqueeze(-1);
        return nn.functional.pad(rows, [0, 0, 0, (blocks * block) - length]).unflatten(2, [blocks, block]).sum(3) / sizes;
    }
}

/// <summary>FlexPrefill with all keys of a block of queries masked.</summary>
/// <remarks>Lai et al., "FlexPrefill", arXiv:2502.20766, algorithms 1 to 4.</remarks>
[Attention("flexprefill/masked", Domain.Matrix.AttentionPattern.CausalSelf,
    Title = "FlexPrefill", Paper = "arXiv:2502.20766", Time = "O(N²·D)", Memory = "O(N·(b + D))", Reference = true, ChoosesAhead = true)]
public sealed class MaskedFlexPrefill(AttentionSettings settings, FlexPrefillOptions options) : FlexPrefill(settings, options, gathers: false);

/// <summary>FlexPrefill that reads the chosen blocks only: O(S·b²·D) for S chosen pairs of blocks.</summary>
/// <remarks>Lai et al., "FlexPrefill", arXiv:2502.20766, algorithms 1 to 4.</remarks>
[Attention("flexprefill/gathered", Domain.Matrix.AttentionPattern.CausalSelf,
    Title = "FlexPrefill", Paper = "arXiv:2502.20766", Time = "O(S·b²·D)", Memory = "O(N·(b + D))", ChoosesAhead = true)]
public sealed class GatheredFlexPrefill(AttentionSettings settings, FlexPrefillOptions options) : FlexPrefill(settings, options, gathers: true);
