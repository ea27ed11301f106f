using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// What the forms of landmark attention share: the last token of each block stands for it. A query takes one softmax over the ordinary tokens of
/// its own block and the landmarks of the blocks before; a landmark's weight is handed on to the ordinary tokens of its block in proportion
/// to their own softmax. Landmarks themselves get nothing. A named input <c>is_landmark</c> <c>[B, N]</c> puts landmarks elsewhere.
/// </summary>
/// <remarks>Mohtashami and Jaggi, "Landmark Attention", arXiv:2305.16300, section 3.1; training form, without retrieval.</remarks>
public abstract class LandmarkAttention(AttentionSettings settings, LandmarkOptions options) : AttentionOperator(settings)
{
    /// <inheritdoc />
    public override bool Decodes => true;

    /// <summary>b + 1: tokens of a block with its landmark.</summary>
    protected long Period => options.Block + 1L;

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        return Map(inputs)!.matmul(inputs.Value).MoveToOuterDisposeScope();                               // [B, H, N, Dv]
    }

    /// <inheritdoc />
    public override Tensor? Map(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        var logits = (inputs.Query / Math.Sqrt(Settings.HeadSize)).matmul(inputs.Key.transpose(-2, -1));  // [B, H, N, N]
        return Weights(logits, inputs.KeyMask, inputs.Optional("is_landmark"), 0).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(AttentionInputs inputs) => inputs.Optional("is_landmark") is null
        ? PrefillKeyValues(inputs)
        : throw new ArgumentException("Decoding counts blocks from the start, so 'is_landmark' cannot be given.");

    /// <inheritdoc />
    public override Tensor Step(AttentionInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var cache = (KeyValueState)state;
        cache.Append(token.Key, token.Value);
        var logits = (token.Query / Math.Sqrt(Settings.HeadSize)).matmul(cache.Keys.transpose(-2, -1));   // [B, H, 1, L]
        return Weights(logits, null, null, cache.Count - 1).matmul(cache.Values).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) => (long)shape.Length * Settings.Heads * (Settings.HeadSize + Settings.ValueSize);

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        // Every pair takes part: own and landmark pairs in the joint softmax, ordinary past pairs in that of their block.
        var pairs = (double)shape.Length * (shape.Length + 1) / 2;
        return new AttentionCost(
            shape.Rows * pairs * ((2.0 * shape.HeadSize) + (2.0 * shape.ValueSize) + 6),
            AttentionCost.InputOutputElements(shape),
            shape.Rows * ((5.0 * shape.Length * shape.Length) + ((double)shape.Length * shape.ValueSize)));
    }

    /// <summary>Final weights of queries from a position on: <c>[B, H, T, N]</c>.</summary>
    /// <param name="logits"><c>[B, H, T, N]</c>.</param>
    /// <param name="mask">Padding, or null.</param>
    /// <param name="landmarks">Where landmarks stand, <c>[B, N]</c>; null for every (b + 1)-th token.</param>
    /// <param name="first">Position of the first query.</param>
    protected abstract Tensor Weights(Tensor logits, Tensor? mask, Tensor? landmarks, long first);

    /// <summary>The definition, block after block of keys.</summary>
    protected Tensor WeightsByDefinition(Tensor logits, Tensor? mask, Tensor? landmarks, long first)
    {
        var (rows, length) = (logits.shape[2], logits.shape[3]);
        var column = arange(length, device: logits.device);
        var row = arange(first, first + rows, device: logits.device).unsqueeze(1);
        var isLandmark = landmarks ?? column.remainder(Period).eq(Period - 1).unsqueeze(0);               // [B or 1, N]
        var block = isLandmark.to(ScalarType.Int64).cumsum(1) - isLandmark.to(ScalarType.Int64);          // landmarks strictly before
        var current = block.narrow(1, first, rows).unsqueeze(2);                                          // [B, T, 1]
        var keys = block.unsqueeze(1);                                                                    // [B, 1, N]
        var real = (mask ?? ones([1, length], ScalarType.Bool, logits.device)).unsqueeze(1);
        var marks = isLandmark.unsqueeze(1);
        var own = keys.eq(current).logical_and(column.le(row)).logical_and(marks.logical_not());
        var past = keys.lt(current).logical_and(column.le(row)).logical_and(marks);
        var joint = MaskedSoftmax.Of(logits, own.logical_or(past).logical_and(real).unsqueeze(1));        // [B, H, T, N]
        var weights = joint.masked_fill(own.logical_not().unsqueeze(1), 0);
        for (long p = 0; p < block.max().item<long>() + 1; p++)
        {
            var members = keys.eq(p);
            var share = joint.masked_fill(members.logical_and(past).logical_not().unsqueeze(1), 0).sum(-1, keepdim: true); // [B, H, T, 1]
            weights = weights + (share * MaskedSoftmax.Of(logits, members.logical_and(marks.logical_not()).logical_and(real).unsqueeze(1)));
        }

        return weights;
    }
}

/// <summary>Landmark attention as it is defined: every block of keys has a masked softmax of its own over all keys.</summary>
[Attention("landmark/masked", AttentionPattern.CausalSelf,
    Title = "Landmark attention", Paper = "arXiv:2305.16300", Time = "O(N³/b + N²·D)", Memory = "O(N²)", State = "2·N·H·D", Reference = true)]
public sealed class MaskedLandmark(AttentionSettings settings, LandmarkOptions options) : LandmarkAttention(settings, options)
{
    /// <inheritdoc />
    protected override Tensor Weights(Tensor logits, Tensor? mask, Tensor? landmarks, long first) =>
        WeightsByDefinition(logits, mask, landmarks, first);
}

/// <summary>Landmark attention with keys folded into blocks, all of them at once; landmarks elsewhere take the definition.</summary>
[Attention("landmark/grouped", AttentionPattern.CausalSelf,
    Title = "Landmark attention", Paper = "arXiv:2305.16300", Time = "O(N²·D)", Memory = "O(N²)", State = "2·N·H·D")]
public sealed class GroupedLandmark(AttentionSettings settings, LandmarkOptions options) : LandmarkAttention(settings, options)
{
    /// <inheritdoc />
    protected override Tensor Weights(Tensor logits, Tensor? mask, Tensor? landmarks, long first)
    {
        if (landmarks is not null)
        {
            return WeightsByDefinition(logits, mask, landmarks, first);
        }

        var (rows, length) = (logits.shape[2], logits.shape[3]);
        var blocks = (length + Period - 1) / Period;
        var folded = nn.functional.pad(logits, [0, (blocks * Period) - length]).unflatten(3, [blocks, Period]);  // [B, H, T, n, b + 1]
        var real = nn.functional.pad(mask ?? ones([1, length], ScalarType.Bool, logits.device), [0, (blocks * Period) - length])
            .unflatten(1, [blocks, Period])[.., TensorIndex.None, TensorIndex.None, .., ..];                     // [B, 1, 1, n, b + 1]
        var row = arange(first, first + rows, device: logits.device).view(-1, 1, 1);
        var block = arange(blocks, device: logits.device).view(-1, 1);
        var place = arange(Period, device: logits.device);
        var isOrdinary = place.lt(Period - 1);
        var own = block.eq(row.floor_divide(Period)).logical_and(((block * Period) + place).le(row)).logical_and(isOrdinary);
        var past = block.lt(row.floor_divide(Period)).logical_and(isOrdinary.logical_not());                     // [T, n, b + 1]
        var visible = own.logical_or(past).logical_and(real);
        var joint = MaskedSoftmax.Of(folded.flatten(3), visible.flatten(3)).unflatten(3, [blocks, Period]);
        var inside = MaskedSoftmax.Of(folded, real.logical_and(isOrdinary));                                     // [B, H, T, n, b + 1]
        var shares = joint.masked_fill(past.logical_not(), 0).sum(-1, keepdim: true);                            // [B, H, T, n, 1]
        return (joint.masked_fill(own.logical_not(), 0) + (shares * inside)).flatten(3).narrow(3, 0, length);
    }
}
