using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.LowRank;

/// <summary>
/// Nyström approximation of softmax attention with L segment means as landmarks: softmax(q K̄ᵀ) softmax(Q̄ K̄ᵀ)⁺ softmax(Q̄ kᵀ) v, the
/// pseudo-inverse by six iterations. O(N·L·D) time, O(N·L) memory.
/// </summary>
/// <remarks>Xiong et al., "Nyströmformer", arXiv:2102.03902, sections 3.1 to 3.4; options name where CAB and the authors' code differ.</remarks>
[Attention("nystromformer/iterative", AttentionPattern.NoncausalSelf,
    Title = "Nyströmformer", Paper = "arXiv:2102.03902", Time = "O(N·L·D)", Memory = "O(N·L)", Reference = true)]
public sealed class Nystromformer : AttentionOperator
{
    private const int Iterations = 6;
    private readonly NystromOptions _options;

    /// <summary>The convolution, if any, starts uniform in ±1/√κ.</summary>
    /// <exception cref="ArgumentException">The convolution has an even number of taps.</exception>
    public Nystromformer(AttentionSettings settings, NystromOptions options)
        : base(settings)
    {
        _options = options;
        if (options.ConvKernel == 0)
        {
            return;
        }

        if (options.ConvKernel % 2 == 0)
        {
            throw new ArgumentException($"Option 'convKernel' is {options.ConvKernel}; an even kernel would shift the sequence. Take an odd one.");
        }

        var weight = empty(settings.Heads, 1, options.ConvKernel, 1);
        var bound = 1 / Math.Sqrt(options.ConvKernel);
        nn.init.uniform_(weight, -bound, bound);
        register_parameter("conv_weight", new Parameter(weight));
    }

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        var scale = _options.CabScale ? 1.0 / Settings.HeadSize : 1 / Math.Sqrt(Settings.HeadSize);
        var (query, key, value) = (inputs.Query * scale, inputs.Key, inputs.Value);
        Tensor? visible = null;
        if (inputs.KeyMask is { } mask)
        {
            visible = FlattenedMask.Of(mask, key.shape[1], _options.CabPaddingQuirk); // [B, 1 or H, N]
            var keep = visible.unsqueeze(-1).to(key.dtype);
            (key, value) = (key * keep, value * keep);
        }

        var output = query.shape[2] <= _options.Landmarks
            ? Rows(query.matmul(key.transpose(-2, -1)), visible?.unsqueeze(2)).matmul(value)
            : Approximate(query, key, value, visible, inputs.KeyMask);
        return (_options.ConvKernel == 0 ? output : output + Convolve(value)).MoveToOuterDisposeScope(); // [B, H, N, Dv]
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double n = shape.Length, l = _options.Landmarks, d = shape.HeadSize, e = shape.ValueSize;
        var conv = n * e * 2 * _options.ConvKernel;
        return n <= l
            ? new AttentionCost(shape.Rows * (n * n * (2 * d + 2 * e + 5) + conv), AttentionCost.InputOutputElements(shape), shape.Rows * (2 * n * n + n * e))
            : new AttentionCost(
                shape.Rows * (2 * n * l * (2 * d + 5) + 2 * n * d + 2 * l * l * d + Iterations * 4 * 2 * l * l * l + 2 * n * l * e + 2 * l * l * e + 2 * n * l * e + conv),
                AttentionCost.InputOutputElements(shape),
                shape.Rows * (4 * n * l + n * e));
    }

    private Tensor Approximate(Tensor query, Tensor key, Tensor value, Tensor? visible, Tensor? mask)
    {
        Tensor queries, keys;
        Tensor? real = null;
        if (mask is null || _options.CabPaddingQuirk)
        {
            (queries, keys) = (SegmentMeans.Of(query, _options.Landmarks), SegmentMeans.Of(key, _options.Landmarks)); // [B, H, L, D]
        }
        else
        {
            (queries, real) = SegmentMeans.Of(query, mask, _options.Landmarks);
            (keys, _) = SegmentMeans.Of(key, mask, _options.Landmarks);
            real = real[.., TensorIndex.None, TensorIndex.None, ..];                     // [B, 1, 1, L]
        }

        var left = Rows(query.matmul(keys.transpose(-2, -1)), real);                     // [B, H, N, L]
        var middle = Rows(queries.matmul(keys.transpose(-2, -1)), real);                 // [B, H, L, L]
        var right = Rows(queries.matmul(key.transpose(-2, -1)), visible?.unsqueeze(2));  // [B, H, L, N]
        if (real is not null)
        {
            // A landmark without a real position must not enter the inverse through its row either.
            middle = middle.masked_fill(real.logical_not().transpose(-2, -1), 0);
        }

        // From the right: L rows of values instead of an N by N product.
        return left.matmul(Inverse(middle).matmul(right.matmul(value)));
    }

    /// <summary>Z ← ¼ Z (13 I − AZ (15 I − AZ (7 I − AZ))), from Aᵀ over the largest column sum.</summary>
    private Tensor Inverse(Tensor matrix)
    {
        var columns = matrix.sum(-2);                                                    // [B, H, L]
        var largest = _options.CoupledInverse ? columns.max() : columns.amax([-1], keepdim: true).unsqueeze(-1);
        var identity = eye(matrix.shape[^1], dtype: matrix.dtype, device: matrix.device);
        var inverse = matrix.transpose(-2, -1) / largest;
        for (var i = 0; i < Iterations; i++)
        {
            var product = matrix.matmul(inverse);
            inverse = inverse.matmul(13 * identity - product.matmul(15 * identity - product.matmul(7 * identity - product))) / 4;
        }

        return inverse;
    }

    /// <summary>One kernel a head over the sequence, shared by its channels: <c>[B, H, N, Dv]</c>.</summary>
    private Tensor Convolve(Tensor value) => nn.functional.conv2d(
        value, get_parameter("conv_weight")!, padding: [_options.ConvKernel / 2, 0], groups: Settings.Heads);

    private static Tensor Rows(Tensor logits, Tensor? visible) => visible is null ? logits.softmax(-1) : MaskedSoftmax.Of(logits, visible);
}
