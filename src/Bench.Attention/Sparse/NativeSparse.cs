using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// Native sparse attention: three softmax attentions weighed by gates. <em>Compressed</em>, over the means of complete blocks; <em>selected</em>, over
/// the tokens of the S blocks that the compressed weights rank highest, summed over the queries that share keys (first, own and previous block always);
/// <em>sliding</em>, over the w newest tokens. The choice carries no gradient. This plain form masks all keys of a block of queries:
/// O(N²·D) time, O(N·D) memory.
/// </summary>
/// <remarks>Yuan et al., "Native Sparse Attention", arXiv:2502.11089, section 3; blocks of one size without overlap and means for compression, as in
/// the public naive implementation. Gates are inputs, <c>[B, H, N]</c>.</remarks>
[Attention("nsa/masked", AttentionPattern.CausalSelf,
    Title = "Native sparse attention (NSA)", Paper = "arXiv:2502.11089", Time = "O(N²·D)", Memory = "O(N·D)", State = "2·N·H·D", Reference = true)]
public sealed class NativeSparse(AttentionSettings settings, NativeSparseOptions options) : AttentionOperator(settings)
{
    private const int RowsPerBlock = 64;

    /// <inheritdoc />
    public override IReadOnlyList<InputSpec> Inputs =>
        [.. InputSpec.Plain, .. Gates.Select(name => new InputSpec(name, "B H N", InputKind.Gate))];

    /// <summary>Inputs that weigh the compressed, the selected and the sliding branch.</summary>
    public static IReadOnlyList<string> Gates { get; } = ["g_cmp", "g_slc", "g_swa"];

    /// <inheritdoc />
    public override bool Decodes => true;

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        return Attend(inputs, inputs.Key, inputs.Value, 0).MoveToOuterDisposeScope();                     // [B, H, N, Dv]
    }

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(AttentionInputs inputs) => PrefillKeyValues(inputs);

    /// <inheritdoc />
    public override Tensor Step(AttentionInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var cache = (KeyValueState)state;
        cache.Append(token.Key, token.Value);
        return Attend(token, cache.Keys, cache.Values, cache.Count - 1).MoveToOuterDisposeScope();        // [B, H, 1, Dv]
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) =>
        (long)shape.Length * Settings.KeyValueHeads * (Settings.HeadSize + Settings.ValueSize);

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double pairs = 0, b = options.Block;
        for (long t = 0; t < shape.Length; t++)
        {
            var own = Math.Floor(t / b);
            pairs += Math.Floor((t + 1) / b) + Math.Min(options.Window, t + 1) + (Math.Min(options.TopBlocks - 1, own) * b) + (t - (own * b)) + 1;
        }

        double d = shape.HeadSize, e = shape.ValueSize;
        return new AttentionCost(
            (shape.Rows * ((pairs * ((2 * d) + (2 * e) + 5)) + (shape.Length * 5 * e))) + (shape.Batch * Settings.KeyValueHeads * shape.Length * (d + e)),
            AttentionCost.InputOutputElements(shape) + (3 * shape.Rows * shape.Length),
            shape.Rows * ((4.0 * RowsPerBlock * shape.Length) + (2 * shape.Length * e)));
    }

    private Tensor Attend(AttentionInputs inputs, Tensor key, Tensor value, long first)
    {
        var length = key.shape[2];
        var mask = inputs.KeyMask ?? ones([1, length], ScalarType.Bool, key.device);
        var compressed = Compress(key, value, mask);
        var (keys, values) = (GroupedHeads.Expand(key, Settings.Heads), GroupedHeads.Expand(value, Settings.Heads));
        var outputs = new List<Tensor>();
        for (long at = 0; at < inputs.Query.shape[2]; at += RowsPerBlock)
        {
            using var block = NewDisposeScope();
            var count = Math.Min(RowsPerBlock, inputs.Query.shape[2] - at);
            Tensor Gated(string gate, Tensor branch) => inputs.Required(gate).narrow(2, at, count).unsqueeze(-1) * branch;

            var query = inputs.Query.narrow(2, at, count) / Math.Sqrt(Settings.HeadSize);                 // [B, H, R, D]
            var row = arange(first + at, first + at + count, device: key.device).unsqueeze(1);            // [R, 1]
            var weights = compressed.Weights(query, row, options.Block);                                  // [B, H, R, n]
            var scores = query.matmul(keys.transpose(-2, -1));                                            // [B, H, R, N]
            var column = arange(length, device: key.device);
            var real = mask[.., TensorIndex.None, TensorIndex.None, ..];
            var selected = Select(weights, row).repeat_interleave(options.Block, -1).narrow(3, 0, length).logical_and(column.le(row));
            var near = column.le(row).logical_and((row - column).lt(options.Window));
            outputs.Add((Gated("g_cmp", weights.matmul(compressed.Values))
                + Gated("g_slc", MaskedSoftmax.Of(scores, selected.logical_and(real)).matmul(values))
                + Gated("g_swa", MaskedSoftmax.Of(scores, near.logical_and(real)).matmul(values))).MoveToOuterDisposeScope());
        }

        return cat(outputs, 2);
    }

    /// <summary>Which blocks each query selects, the same for all queries that share keys: <c>[B, H, R, n]</c>.</summary>
    private Tensor Select(Tensor weights, Tensor row)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var blocks = weights.shape[3];
        var group = Settings.Heads / Settings.KeyValueHeads;
        var shared = weights.detach().unflatten(1, [-1, group]).mean([2]);                                // [B, Hk, R, n]
        var (own, index) = (row.floor_divide(options.Block), arange(blocks, device: row.device));
        var forced = index.eq(0).logical_or(index.eq(own)).logical_or(index.eq(own - 1));
        var ranks = shared.masked_fill(forced, 2).masked_fill(index.gt(own), -1);
        var best = ranks.topk((int)Math.Min(options.TopBlocks, blocks), 3).indexes;
        var chosen = zeros_like(ranks, ScalarType.Bool).scatter(3, best, ones_like(best, ScalarType.Bool)).logical_and(index.le(own));
        return GroupedHeads.Expand(chosen, Settings.Heads).MoveToOuterDisposeScope();
    }

    private Compressed Compress(Tensor key, Tensor value, Tensor mask)
    {
        long length = key.shape[2], block = options.Block, blocks = (length + block - 1) / block, after = (blocks * block) - length;
        var real = nn.functional.pad(mask, [0, after]).unflatten(1, [blocks, block]).to(key.dtype);       // [B, n, b]
        Tensor Means(Tensor rows)
        {
            var weighed = nn.functional.pad(rows, [0, 0, 0, after]).unflatten(2, [blocks, block]) * real[.., TensorIndex.None, .., .., TensorIndex.None];
            return GroupedHeads.Expand(weighed.sum(3) / real.sum(2).clamp(min: 1)[.., TensorIndex.None, .., TensorIndex.None], Settings.Heads);
        }

        return new Compressed(Means(key), Means(value), real.sum(2).gt(0));
    }

    /// <summary>Means of blocks.</summary>
    /// <param name="Keys"><c>[B, H, n, D]</c>.</param>
    /// <param name="Values"><c>[B, H, n, Dv]</c>.</param>
    /// <param name="Real">Whether a block has a real token, <c>[B or 1, n]</c>.</param>
    private sealed record Compressed(Tensor Keys, Tensor Values, Tensor Real)
    {
        /// <summary>Softmax over the blocks that are complete at the query: <c>[B, H, R, n]</c>.</summary>
        public Tensor Weights(Tensor query, Tensor row, long block)
        {
            var complete = ((arange(Keys.shape[2], device: row.device) + 1) * block).le(row + 1);
            return MaskedSoftmax.Of(query.matmul(Keys.transpose(-2, -1)), complete.logical_and(Real[.., TensorIndex.None, TensorIndex.None, ..]));
        }
    }
}
