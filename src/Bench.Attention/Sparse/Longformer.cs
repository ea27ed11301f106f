using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// Longformer: w tokens on each side and all global tokens; global tokens attend to everything through projections of their own
/// (<c>q_global</c>, <c>k_global</c>, <c>v_global</c>). O(N·(w + g)·D) time, O(N·(w + g)) memory. Padded rows are zero.
/// </summary>
/// <remarks>Beltagy et al., "Longformer", arXiv:2004.05150, section 3. Hidden keys get −∞ where the authors' code adds −10000.</remarks>
[Attention("longformer/blocked", AttentionPattern.NoncausalSelf,
    Title = "Longformer", Paper = "arXiv:2004.05150", Time = "O(N·(w + g)·D)", Memory = "O(N·(w + g))", Reference = true)]
public sealed class Longformer(AttentionSettings settings, LongformerOptions options) : AttentionOperator(settings)
{
    /// <inheritdoc />
    public override IReadOnlyList<InputSpec> Inputs { get; } =
    [
        .. InputSpec.Plain,
        new("q_global", "B H N D", InputKind.Normal),
        new("k_global", "B H M D", InputKind.Normal),
        new("v_global", "B H M E", InputKind.Normal),
    ];

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        var (query, length) = (inputs.Query / Math.Sqrt(Settings.HeadSize), inputs.Query.shape[2]);
        var (key, value) = (GroupedHeads.Expand(inputs.Key, Settings.Heads), GroupedHeads.Expand(inputs.Value, Settings.Heads));
        var real = inputs.KeyMask ?? ones([query.shape[0], length], ScalarType.Bool, query.device);
        var everywhere = (inputs.Optional("global") ?? arange(length, device: query.device).lt(options.GlobalTokens).unsqueeze(0)).logical_and(real);
        var count = everywhere.sum(1).max().item<long>();

        // Global positions first, in order; sequences with fewer have hidden places.
        var (_, order) = everywhere.to(ScalarType.Int32).sort(1, descending: true, stable: true);
        var chosen = order.narrow(1, 0, count);                                                          // [B, g]
        var present = everywhere.gather(1, chosen);                                                      // [B, g]
        var output = Local(query, key, value, real.logical_and(everywhere.logical_not()), chosen, present);
        output = output.masked_fill(real.logical_not()[.., TensorIndex.None, .., TensorIndex.None], 0);
        if (count == 0)
        {
            return output.MoveToOuterDisposeScope();
        }

        var queries = Pick(inputs.Required("q_global"), chosen) / Math.Sqrt(Settings.HeadSize);          // [B, H, g, D]
        var scores = queries.matmul(inputs.Required("k_global").transpose(-2, -1));                      // [B, H, g, N]
        var rows = MaskedSoftmax.Of(scores, real[.., TensorIndex.None, TensorIndex.None, ..]).matmul(inputs.Required("v_global"));
        var index = chosen[.., TensorIndex.None, .., TensorIndex.None].expand(rows.shape);
        var keep = present[.., TensorIndex.None, .., TensorIndex.None];
        return output.scatter(2, index, where(keep, rows, output.gather(2, index))).MoveToOuterDisposeScope(); // [B, H, N, Dv]
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        var (_, block, strip) = Sizes(shape.Length);
        double n = shape.Length, g = Math.Min(options.GlobalTokens, n), w = Math.Min(options.Window, n - 1);
        var near = n + 2 * (n * w - w * (w + 1) / 2);
        return new AttentionCost(
            shape.Rows * (near + 2 * g * n) * (2.0 * shape.HeadSize + 2.0 * shape.ValueSize + 5),
            2 * AttentionCost.InputOutputElements(shape),
            shape.Rows * n * (3.0 * (strip + g) + (double)strip / block * (shape.HeadSize + shape.ValueSize) + 2.0 * shape.ValueSize));
    }

    /// <summary>One softmax over the global keys and the strip of the query's block.</summary>
    private Tensor Local(Tensor query, Tensor key, Tensor value, Tensor near, Tensor chosen, Tensor present)
    {
        var length = query.shape[2];
        var (before, block, strip) = Sizes(length);
        var blocks = (length + block - 1) / block;
        var after = blocks * block - length;
        Tensor Strips(Tensor rows) => nn.functional.pad(rows, [0, 0, before, after + before]).unfold(2, strip, block);

        var queries = nn.functional.pad(query, [0, 0, 0, after]).unflatten(2, [blocks, block]);           // [B, H, n, c, D]
        var band = ones([block, strip], ScalarType.Bool, query.device)
            .tril(before + options.Window).triu(before - options.Window);                                 // [c, s]
        var visible = nn.functional.pad(near, [before, after + before]).unfold(1, strip, block)[.., TensorIndex.None, .., TensorIndex.None, ..]
            .logical_and(band);                                                                           // [B, 1, n, c, s]
        var global = present[.., TensorIndex.None, TensorIndex.None, TensorIndex.None, ..].expand(visible.shape[0], 1, blocks, block, -1);
        var far = queries.matmul(Pick(key, chosen).unsqueeze(2).transpose(-2, -1));                       // [B, H, n, c, g]
        var weights = MaskedSoftmax.Of(cat([far, queries.matmul(Strips(key))], -1), cat([global, visible], -1));
        var count = far.shape[^1];
        var output = weights.narrow(-1, 0, count).matmul(Pick(value, chosen).unsqueeze(2))
            + weights.narrow(-1, count, strip).matmul(Strips(value).transpose(-2, -1));
        return output.flatten(2, 3).narrow(2, 0, length);                                                 // [B, H, N, Dv]
    }

    /// <summary>
    /// Keys before a block's first query, queries of a block, and keys of its strip; one block with every key where a strip would be longer than
    /// the sequence.
    /// </summary>
    private (int Before, int Block, int Strip) Sizes(long length)
    {
        var block = Math.Max(32, options.Window);
        var strip = block + (2 * options.Window);
        return strip < length ? (options.Window, block, strip) : (0, (int)length, (int)length);
    }

    private static Tensor Pick(Tensor rows, Tensor chosen) =>
        rows.gather(2, chosen[.., TensorIndex.None, .., TensorIndex.None].expand(rows.shape[0], rows.shape[1], -1, rows.shape[3]));
}
