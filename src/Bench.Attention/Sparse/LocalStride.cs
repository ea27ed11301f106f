using Bench.Domain.Matrix;

namespace Bench.Attention.Sparse;

/// <summary>
/// Block attention to the L newest blocks and to every V-th block. Causal columns are absolute, so that a key kept for a late query was kept
/// for all before; noncausal columns count from the edge of the local band.
/// </summary>
public abstract class LocalStride(AttentionSettings settings, LocalStrideOptions options, bool gathers) : FixedPattern(settings, gathers)
{
    /// <inheritdoc />
    protected override Tensor Sees(Tensor head, Tensor row, Tensor column, long length)
    {
        var group = head.floor_divide(Settings.Heads / Settings.KeyValueHeads);                          // key–value head
        var (query, key) = (row.floor_divide(options.Block), column.floor_divide(options.Block));
        Tensor seen;
        if (Settings.Pattern == AttentionPattern.CausalSelf)
        {
            var shift = options.SameForAllHeads ? group * 0 : group * Math.Max(1, options.Stride / Settings.KeyValueHeads);
            seen = (query - key).lt(options.LocalBlocks).logical_or((key + shift).remainder(options.Stride).eq(0));
        }
        else
        {
            var left = (query - key - options.LocalBlocks + 1).clamp(min: 0);
            var right = (key - query - options.LocalBlocks + 1).clamp(min: 0);
            seen = (left + right).remainder(options.Stride).eq(0).logical_and(group.ge(0));
        }

        return seen.logical_or(group.ge(Settings.KeyValueHeads - options.DenseHeads));
    }

    /// <inheritdoc />
    protected override IEnumerable<(long First, long Count)> Spans(long firstRow, long rows, long length)
    {
        long block = options.Block, blocks = (length + block - 1) / block, first = firstRow / block, last = (firstRow + rows - 1) / block;
        for (long key = 0; key < blocks; key++)
        {
            if (options.DenseHeads > 0 || Enumerable.Range(0, Settings.KeyValueHeads).Any(head => AnySees(first, last, key, head)))
            {
                yield return (key * block, block);
            }
        }
    }

    private bool AnySees(long first, long last, long key, int head)
    {
        if (Settings.Pattern == AttentionPattern.CausalSelf)
        {
            long shift = options.SameForAllHeads ? 0 : head * Math.Max(1, options.Stride / Settings.KeyValueHeads);
            return first - key < options.LocalBlocks || (key + shift) % options.Stride == 0;
        }

        for (var query = first; query <= last; query++)
        {
            if (Math.Max(0, Math.Abs(query - key) - options.LocalBlocks + 1) % options.Stride == 0)
            {
                return true;
            }
        }

        return false;
    }
}
