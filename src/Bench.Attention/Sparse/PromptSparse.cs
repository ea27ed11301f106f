using Bench.Attention.Primitives;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// What methods for known prompts share: each block of queries reads blocks of keys that are chosen for it, without gradient, and possibly a window of
/// its newest keys; causal inside. The plain form masks all keys of a block of queries, the gathered one reads the chosen keys only. Padding is taken
/// out of every sequence first. Queries fewer than keys stand at the end of the sequence.
/// </summary>
/// <param name="settings">Sizes and pattern.</param>
/// <param name="queryBlock">Queries that share a choice.</param>
/// <param name="keyBlock">Keys that are chosen together.</param>
/// <param name="gathers">Whether this is the gathered form.</param>
public abstract class PromptSparse(AttentionSettings settings, int queryBlock, int keyBlock, bool gathers) : AttentionOperator(settings)
{
    private const int MaskedRows = 64;

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        return (inputs.KeyMask is { } mask ? WithoutPadding(inputs, mask) : Attend(inputs.Query, inputs.Key, inputs.Value)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        var pairs = LeastPairs(shape);
        return new AttentionCost(
            shape.Rows * (ChoiceFlops(shape) + (pairs * ((2.0 * shape.HeadSize) + (2.0 * shape.ValueSize) + 5))),
            AttentionCost.InputOutputElements(shape),
            (shape.Rows * ((2.0 * MaskedRows * shape.SourceLength) + (2.0 * shape.Length * shape.ValueSize))) + ChoiceElements(shape));
    }

    /// <summary>
    /// Which blocks of keys <c>m</c> each block of queries <c>n</c> reads: <c>[B, H, n, m]</c>, later keys hidden or not. Called without gradients and
    /// in double precision.
    /// </summary>
    /// <param name="query"><c>[B, H, N, D]</c>.</param>
    /// <param name="key"><c>[B, H, M, D]</c>.</param>
    protected abstract Tensor Choose(Tensor query, Tensor key);

    /// <summary>Newest keys that a block of queries reads whatever is chosen, counted back from the end of the block, were it full.</summary>
    protected virtual long Window => 0;

    /// <summary>Pairs that one head reads at least; how many more depends on the inputs.</summary>
    protected abstract double LeastPairs(AttentionShape shape);

    /// <summary>Operations of choosing, for one head.</summary>
    protected abstract double ChoiceFlops(AttentionShape shape);

    /// <summary>Numbers held while choosing.</summary>
    protected abstract double ChoiceElements(AttentionShape shape);

    /// <summary>The same on the real tokens of each sequence; padded rows give zeros.</summary>
    private Tensor WithoutPadding(AttentionInputs inputs, Tensor mask)
    {
        var (queries, keys) = (inputs.Query.shape[2], inputs.Key.shape[2]);
        var sequences = Enumerable.Range(0, (int)inputs.Query.shape[0]).Select(b =>
        {
            var real = mask[b].nonzero().squeeze(1);
            var rows = mask[b].narrow(0, keys - queries, queries).nonzero().squeeze(1);
            Tensor Pick(Tensor tokens, Tensor index) => tokens.narrow(0, b, 1).index_select(2, index);

            var output = zeros([1, Settings.Heads, queries, inputs.Value.shape[3]], dtype: inputs.Value.dtype, device: inputs.Value.device);
            return rows.shape[0] == 0
                ? output
                : output.index_add(2, rows, Attend(Pick(inputs.Query, rows), Pick(inputs.Key, real), Pick(inputs.Value, real)), 1);
        });
        return cat([.. sequences], 0);
    }

    private Tensor Attend(Tensor query, Tensor key, Tensor value)
    {
        var scaled = query / Math.Sqrt(Settings.HeadSize);
        Tensor chosen;
        using (no_grad())
        {
            // In double precision whatever the inputs are: a choice that hung on rounding would differ between element types.
            Tensor Exact(Tensor rows) => rows.detach().to(ScalarType.Float64);
            chosen = Choose(Exact(query), Exact(GroupedHeads.Expand(key, Settings.Heads)));
        }

        return gathers ? Gathered(scaled, key, value, chosen) : Masked(scaled, key, value, chosen);
    }

    private Tensor Masked(Tensor query, Tensor key, Tensor value, Tensor chosen)
    {
        var (before, length) = (key.shape[2] - query.shape[2], key.shape[2]);
        var column = arange(length, device: key.device);
        return RowBlocks.Attend(query, key, value, null, MaskedRows, (at, count) =>
        {
            var row = arange(at, at + count, device: key.device);
            var block = row.floor_divide(queryBlock);
            var seen = chosen.index_select(2, block).repeat_interleave(keyBlock, -1);                     // [B, H, R, m·b]
            // Keys after the last whole block can be read through the window only.
            seen = seen.shape[3] < length ? nn.functional.pad(seen, [0, length - seen.shape[3]]) : seen.narrow(3, 0, length);
            // Keys from the block's end on are later than all its queries.
            var near = column.ge((((block + 1) * queryBlock) + before - Window).unsqueeze(1));
            return new RowBlocks.Strip(null, seen.logical_or(near).logical_and(column.le(row.unsqueeze(1) + before)));
        });
    }

    /// <summary>Head by head, as every head reads other keys.</summary>
    private Tensor Gathered(Tensor query, Tensor key, Tensor value, Tensor chosen)
    {
        // The backward pass of the kernel asks for its strips again, when the tensors here are gone: nothing below may hold on to them.
        var (before, length, device) = (key.shape[2] - query.shape[2], key.shape[2], key.device);
        var (blocks, group) = ((int)chosen.shape[3], Settings.Heads / (int)key.shape[1]);
        var heads = new List<Tensor>();
        for (long b = 0; b < query.shape[0]; b++)
        {
            for (long h = 0; h < query.shape[1]; h++)
            {
                // A sequence shorter than one group of keys has nothing to choose.
                var picks = blocks == 0 ? [] : chosen[b, h].contiguous().data<bool>().ToArray();
                Tensor One(Tensor rows, long head) => rows.narrow(0, b, 1).narrow(1, head, 1);

                heads.Add(RowBlocks.Attend(One(query, h), One(key, h / group), One(value, h / group), null, queryBlock, (at, count) =>
                {
                    var last = Math.Min(length, at + count + before);
                    var near = (((at / queryBlock) + 1) * queryBlock) + before - Window;
                    var seen = new List<long>();
                    for (long j = 0; j < last; j++)
                    {
                        var place = j / keyBlock;
                        if ((place < blocks && picks[((at / queryBlock) * blocks) + place]) || j >= near)
                        {
                            seen.Add(j);
                        }
                    }

                    var column = tensor(seen.ToArray(), ScalarType.Int64, device);
                    return new RowBlocks.Strip(column, column.le(arange(at + before, at + before + count, device: device).unsqueeze(1)));
                }));
            }
        }

        return cat([.. heads], 1).reshape(query.shape[0], query.shape[1], query.shape[2], value.shape[3]);
    }
}
