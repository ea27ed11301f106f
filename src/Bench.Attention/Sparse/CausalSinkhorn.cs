using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// Causal Sinkhorn attention: a bucket of queries sees its own bucket causally and the past buckets whose running means of keys score highest
/// with the running mean of queries at its first token; learned null keys stand for choices before the sequence. The second half of the heads has its buckets shifted by b − 1.
/// </summary>
/// <remarks>
/// Tay et al., "Sparse Sinkhorn Attention", arXiv:2002.11296, section 3.3, as in a widely used independent implementation. Its rotation by b − 1 tokens
/// needs whole buckets: lengths are padded on the right.
/// </remarks>
[Attention("sinkhorn-causal/bucketed", AttentionPattern.CausalSelf,
    Title = "Sinkhorn attention, causal", Paper = "arXiv:2002.11296", Time = "O(N·b·D + N²·D/b)", Memory = "O(N·(b + D))", Reference = true)]
public sealed class CausalSinkhorn : AttentionOperator
{
    private readonly CausalSinkhornOptions _options;

    /// <summary>Null keys and values start standard normal.</summary>
    public CausalSinkhorn(AttentionSettings settings, CausalSinkhornOptions options)
        : base(settings)
    {
        _options = options;
        register_parameter("null_keys", new Parameter(randn(settings.Heads, 1, settings.HeadSize)));
        register_parameter("null_values", new Parameter(randn(settings.Heads, 1, settings.ValueSize)));
    }

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        var (length, bucket) = (inputs.Query.shape[2], (long)_options.Bucket);
        var buckets = (length + bucket - 1) / bucket;
        var after = buckets * bucket - length;
        var mask = nn.functional.pad(inputs.KeyMask ?? ones([inputs.Query.shape[0], length], ScalarType.Bool, inputs.Query.device), [0, after]);
        var real = mask[.., TensorIndex.None, .., TensorIndex.None].expand(-1, Settings.Heads, -1, 1).to(inputs.Query.dtype);
        Tensor Rows(Tensor rows) => Rotate(nn.functional.pad(rows, [0, 0, 0, after]), -(bucket - 1));

        real = Rotate(real, -(bucket - 1));
        var (query, key, value) = (Rows(inputs.Query) * real, Rows(inputs.Key) * real, Rows(inputs.Value) * real);
        var top = _options.TopBuckets;
        var order = Choose(query, key, real, top, buckets);                                               // [B, H, top·n, top + n]

        Tensor Buckets(Tensor rows) => rows.unflatten(2, [buckets, bucket]);                              // [B, H, n, b, D]
        Tensor WithNull(Tensor rows, string name) => cat(
            [get_parameter(name)!.view(1, Settings.Heads, 1, 1, -1).expand(rows.shape[0], -1, top, bucket, -1), Buckets(rows)], 2);
        Tensor Sorted(Tensor rows) => order.matmul(rows.flatten(3)).unflatten(3, [bucket, -1])
            .unflatten(2, [top, buckets]).transpose(2, 3).flatten(3, 4);                                  // [B, H, n, top·b, D]

        var keys = cat([Sorted(WithNull(key, "null_keys")), Buckets(key)], 3);                            // [B, H, n, (top + 1)·b, D]
        var values = cat([Sorted(WithNull(value, "null_values")), Buckets(value)], 3);
        var nulls = ones([real.shape[0], Settings.Heads, top, bucket, 1], dtype: real.dtype, device: real.device);
        var seen = cat([Sorted(cat([nulls, Buckets(real)], 2)), Buckets(real)], 3).gt(0).transpose(-2, -1);
        var scores = Buckets(query).matmul(keys.transpose(-2, -1)) / Math.Sqrt(Settings.HeadSize);
        var output = MaskedSoftmax.Of(scores, seen.logical_and(Visible(buckets, top))).matmul(values).flatten(2, 3);
        return Rotate(output, bucket - 1).narrow(2, 0, length).clone().MoveToOuterDisposeScope();         // [B, H, N, Dv]
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double n = shape.Length, b = _options.Bucket, buckets = Math.Ceiling(n / b), top = _options.TopBuckets;
        return new AttentionCost(
            shape.Rows * (2 * n * shape.HeadSize + 2 * buckets * buckets * shape.HeadSize + 2 * top * buckets * (n + top * b) * (shape.HeadSize + shape.ValueSize)
                + n * (top * b + (b + 1) / 2) * (2.0 * shape.HeadSize + 2.0 * shape.ValueSize + 5)),
            AttentionCost.InputOutputElements(shape),
            shape.Rows * n * ((top + 1) * (2 * b + shape.HeadSize + shape.ValueSize) + 2.0 * shape.ValueSize));
    }

    /// <summary>The strongest past buckets, null buckets first, <c>[B, H, top·n, top + n]</c>.</summary>
    private Tensor Choose(Tensor query, Tensor key, Tensor real, int top, long buckets)
    {
        var counts = real.cumsum(2).clamp(min: 1);
        var means = (query.cumsum(2) / counts).unflatten(2, [buckets, _options.Bucket]).select(3, 0);     // [B, H, n, D]
        var running = (key.cumsum(2) / counts * real).unflatten(2, [buckets, _options.Bucket]).sum(3);     // [B, H, n, D]
        var sums = nn.functional.pad(running, [0, 0, top, 0]);                                            // [B, H, top + n, D]
        var scores = means.matmul(sums.transpose(-2, -1)) / Math.Sqrt(Settings.HeadSize);
        var future = ones([buckets, buckets + top], ScalarType.Bool, scores.device).triu(top);
        return BucketChoice.Strongest(
            scores.masked_fill(future, scores.dtype == ScalarType.Float64 ? double.MinValue : float.MinValue), top, _options.Temperature);
    }

    /// <summary>Causal inside the own bucket; the shifted heads' last bucket mixes end and start of the sequence. <c>[H, n, b, (top + 1)·b]</c>.</summary>
    private Tensor Visible(long buckets, int top)
    {
        var (bucket, sorted) = ((long)_options.Bucket, (long)top * _options.Bucket);
        var visible = ones([Settings.Heads, buckets, bucket, sorted + bucket], ScalarType.Bool);
        visible[.., .., .., ^(int)bucket..] = ones([bucket, bucket], ScalarType.Bool).tril();
        if (Settings.Heads > Settings.Heads / 2)
        {
            var half = Settings.Heads / 2;
            // Its first row is the sequence's last token, the others its first b − 1, which must not see what is sorted there nor that token.
            var last = visible[half.., (int)buckets - 1];
            last[.., .., ..((int)sorted + 1)] = false;
            last[.., 0, ..((int)sorted + 1)] = true;
        }

        return visible;
    }

    /// <summary>The second half of the heads, rolled along the sequence.</summary>
    private Tensor Rotate(Tensor rows, long by)
    {
        var half = Settings.Heads / 2;
        return cat([rows.narrow(1, 0, half), rows.narrow(1, half, Settings.Heads - half).roll(by, 2)], 1);
    }
}
