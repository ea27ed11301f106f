using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// Hierarchically pruned attention: for each block of queries, as many equal groups of key blocks as may be kept are halved again and again; a half is
/// scored by its first block, the best halves stay. The kept blocks and a window of the newest keys are read.
/// </summary>
public abstract class Hip(AttentionSettings settings, HipOptions options, bool gathers)
    : PromptSparse(settings, options.QueryBlock, options.KeyBlock * options.Group, gathers)
{
    /// <inheritdoc />
    protected override long Window => options.Window;

    /// <inheritdoc />
    protected override Tensor Choose(Tensor query, Tensor key)
    {
        using var scope = NewDisposeScope();
        var groups = key.shape[2] / options.Group;
        var grouped = key.narrow(2, 0, groups * options.Group).unflatten(2, [groups, options.Group]);     // [B, H, G, g, D]
        // Of one key the least and the largest are itself.
        Tensor[] bounds = options.Group == 1 ? [grouped.squeeze(3)] : [grouped.amin([3]), grouped.amax([3])];
        var (before, places) = (key.shape[2] - query.shape[2], (groups + options.KeyBlock - 1) / options.KeyBlock);
        var blocks = new List<Tensor>();
        for (long at = 0; at < query.shape[2]; at += options.QueryBlock)
        {
            using var block = NewDisposeScope();
            var end = Math.Min(groups, (at + options.QueryBlock + before) / options.Group);
            var searched = Blocks(Math.Max(0, end - options.Window));
            var found = searched <= Kept
                ? arange(places, device: key.device).lt(searched).expand(query.shape[0], query.shape[1], places).clone()
                : Search(query.narrow(2, at, Math.Min(options.QueryBlock, query.shape[2] - at)), bounds, end, searched, places);
            blocks.Add(found.MoveToOuterDisposeScope());
        }

        return stack(blocks, 2).MoveToOuterDisposeScope();                                                // [B, H, n, m]
    }

    /// <inheritdoc />
    protected override double LeastPairs(AttentionShape shape)
    {
        double pairs = 0;
        var before = shape.SourceLength - shape.Length;
        for (long at = 0; at < shape.Length; at += options.QueryBlock)
        {
            var rows = Math.Min(options.QueryBlock, shape.Length - at);
            pairs += rows * Math.Min(before + at + ((rows + 1) / 2.0), options.Keep + options.Window);
        }

        return pairs;
    }

    /// <inheritdoc />
    protected override double ChoiceFlops(AttentionShape shape)
    {
        double flops = 0;
        var before = shape.SourceLength - shape.Length;
        for (long at = 0; at < shape.Length; at += options.QueryBlock)
        {
            var searched = Blocks(Math.Max(0, ((at + options.QueryBlock + before) / options.Group) - options.Window));
            var rows = Math.Max(1, Math.Min(options.QueryBlock, shape.Length - at) / 2);
            for (var size = searched / (double)Kept; searched > Kept && size > 1; size /= 2)
            {
                flops += 2.0 * Kept * options.KeyBlock * rows * (options.Group > 1 ? 2 : 1) * ((2 * shape.HeadSize) + 1);
            }
        }

        return flops;
    }

    /// <inheritdoc />
    protected override double ChoiceElements(AttentionShape shape) =>
        shape.Rows * ((2.0 * shape.SourceLength * shape.HeadSize) + (4.0 * Kept * options.KeyBlock * (shape.HeadSize + options.QueryBlock)));

    /// <summary>k′: blocks that are kept.</summary>
    private long Kept => Blocks(options.Keep / options.Group);

    private long Blocks(long groups) => (groups + options.KeyBlock - 1) / options.KeyBlock;

    /// <summary>The kept ones of the first <paramref name="searched"/> blocks: <c>[B, H, m]</c>.</summary>
    /// <param name="query"><c>[B, H, R, D]</c>; every second row is asked, the second first.</param>
    /// <param name="bounds">Least and largest of each group of keys, or the keys: <c>[B, H, G, D]</c>.</param>
    /// <param name="end">Groups that may be looked at.</param>
    /// <param name="searched">Blocks to search.</param>
    /// <param name="places">m.</param>
    private Tensor Search(Tensor query, Tensor[] bounds, long end, long searched, long places)
    {
        var (batch, heads, device) = (query.shape[0], query.shape[1], query.device);
        var asked = query.shape[2] == 1 ? query : query[.., .., TensorIndex.Slice(1, null, 2)];           // [B, H, R/2, D]
        var width = searched / (double)Kept;
        var edges = Enumerable.Range(0, (int)Kept + 1).Select(i => (long)(width * i)).ToArray();
        Tensor Spread(IEnumerable<long> numbers) => tensor(numbers.ToArray(), ScalarType.Int64, device).expand(batch, heads, Kept);

        var (first, size) = (Spread(edges.SkipLast(1)), Spread(edges.Zip(edges.Skip(1), (from, to) => to - from)));
        for (; width > 1; width /= 2)
        {
            var middle = first + size.floor_divide(2);
            var (starts, sizes) = (cat([first, middle], -1), cat([middle - first, first + size - middle], -1));   // [B, H, 2k']
            var scores = Score(asked, bounds, starts, end).masked_fill(sizes.lt(1), double.NegativeInfinity);
            var best = scores.topk((int)Kept, -1).indexes;
            (first, size) = (starts.gather(-1, best), sizes.gather(-1, best));
        }

        return zeros([batch, heads, places], ScalarType.Bool, device).scatter(2, first, ones_like(first, ScalarType.Bool));
    }

    /// <summary>Largest logit of any asked query with any key of the blocks: <c>[B, H, 2k']</c>.</summary>
    private Tensor Score(Tensor asked, Tensor[] bounds, Tensor starts, long end)
    {
        var inside = (starts.unsqueeze(-1) * options.KeyBlock) + arange(options.KeyBlock, device: starts.device);  // [B, H, 2k', b]
        var groups = inside.clamp(max: end - 1).flatten(2).unsqueeze(-1).expand(-1, -1, -1, asked.shape[3]);
        return bounds.Select(keys => asked.matmul(keys.gather(2, groups).transpose(-2, -1)).amax([2]).unflatten(2, [-1, options.KeyBlock]).amax([3]))
            .Aggregate(maximum);
    }
}

/// <summary>Hierarchically pruned attention with all keys of a block of queries masked.</summary>
/// <remarks>Lee et al., "HiP Attention", arXiv:2406.09827; the search of the authors' version 1.1. Scores are scaled by 1/√D, where the authors' callers scale the queries.</remarks>
[Attention("hip/masked", Domain.Matrix.AttentionPattern.CausalSelf,
    Title = "Hierarchically pruned attention (HiP)", Paper = "arXiv:2406.09827", Time = "O(N²·D)", Memory = "O(N·D)", Reference = true, ChoosesAhead = true)]
public sealed class MaskedHip(AttentionSettings settings, HipOptions options) : Hip(settings, options, gathers: false);

/// <summary>Hierarchically pruned attention that reads the kept keys only: O(N·(k + w)·D) and O(N·k·D·log N) for the search.</summary>
/// <remarks>Lee et al., "HiP Attention", arXiv:2406.09827; the search of the authors' version 1.1.</remarks>
[Attention("hip/gathered", Domain.Matrix.AttentionPattern.CausalSelf,
    Title = "Hierarchically pruned attention (HiP)", Paper = "arXiv:2406.09827", Time = "O(N·k·D·log N)", Memory = "O(N·D)", ChoosesAhead = true)]
public sealed class GatheredHip(AttentionSettings settings, HipOptions options) : Hip(settings, options, gathers: true);
