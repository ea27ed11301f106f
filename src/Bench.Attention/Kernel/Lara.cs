using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Kernel;

/// <summary>
/// Linear randomised attention: softmax attention as an expectation over L Gaussian proposals around landmarks of queries and keys,
/// weighted by multiple importance sampling. O(N·L·D) time, O(N·L) memory. Evaluation takes the means of the proposals; training adds
/// noise, which <c>random.noise</c> <c>[B·H, L, D]</c> replaces.
/// </summary>
/// <remarks>Zheng et al., "Linear Complexity Randomized Self-attention Mechanism", arXiv:2204.04667, section 4; proposals as in CAB.</remarks>
[Attention("lara/parallel", AttentionPattern.NoncausalSelf,
    Title = "Linear randomised attention (LARA)", Paper = "arXiv:2204.04667", Time = "O(N·L·D)", Memory = "O(N·L)", Reference = true)]
public sealed class Lara(AttentionSettings settings, LaraOptions options) : AttentionOperator(settings)
{
    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        var scale = 1 / Math.Sqrt(Settings.HeadSize);
        var (centres, real) = Centres(inputs);                                               // μ [B, H, L, D]
        var samples = training ? centres + Noise(inputs, centres) : centres;                 // ω [B, H, L, D]
        var keys = Exponents(inputs.Key, samples, scale);                                    // [B, H, N, L]
        var hidden = Hidden(inputs);
        var masked = hidden is null ? keys : keys.masked_fill(hidden, float.NegativeInfinity);
        var summaries = masked.softmax(2).transpose(-2, -1).matmul(inputs.Value);            // S [B, H, L, Dv]

        var normaliser = (options.CabPaddingQuirk ? keys : masked).logsumexp(2, keepdim: true); // [B, H, 1, L]
        var own = (samples * centres).sum(-1) * scale - centres.square().sum(-1) * (scale / 2); // ℓμ [B, H, L]
        var weights = inputs.Query.matmul(centres.transpose(-2, -1)) * scale + Exponents(inputs.Query, samples, scale)
            + normaliser - own.unsqueeze(-2);                                                // [B, H, N, L]
        if (real is not null)
        {
            weights = weights.masked_fill(real.logical_not()[.., TensorIndex.None, TensorIndex.None, ..], float.NegativeInfinity);
        }

        return weights.softmax(-1).matmul(summaries).MoveToOuterDisposeScope();              // [B, H, N, Dv]
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double n = shape.Length, l = Math.Min(options.Landmarks, n), d = shape.HeadSize, e = shape.ValueSize;
        return new AttentionCost(
            shape.Rows * (n * (3 * 2 * l * d + 2 * 2 * l * e + 4 * d + 20 * l) + l * 6 * d),
            AttentionCost.InputOutputElements(shape),
            shape.Rows * (n * 4 * l + l * (2 * d + e) + n * e));
    }

    /// <summary>s ω·x − s|x|²/2: <c>[B, H, N, L]</c>.</summary>
    private static Tensor Exponents(Tensor rows, Tensor samples, double scale) =>
        rows.matmul(samples.transpose(-2, -1)) * scale - rows.square().sum(-1, keepdim: true) * (scale / 2);

    /// <summary>Means of the proposals, and which of them saw a real position (null: all).</summary>
    private (Tensor Centres, Tensor? Real) Centres(AttentionInputs inputs)
    {
        if (inputs.KeyMask is not { } mask || options.CabPaddingQuirk)
        {
            return (SegmentMeans.Of(inputs.Query, options.Landmarks) + SegmentMeans.Of(inputs.Key, options.Landmarks), null);
        }

        var (queries, real) = SegmentMeans.Of(inputs.Query, mask, options.Landmarks);
        return (queries + SegmentMeans.Of(inputs.Key, mask, options.Landmarks).Means, real);
    }

    private static Tensor Noise(AttentionInputs inputs, Tensor centres) =>
        inputs.Optional("random.noise") is { } given ? given.view(centres.shape) : randn_like(centres);

    /// <summary>True where a key is padded: <c>[B, 1 or H, N, 1]</c>, or null.</summary>
    private Tensor? Hidden(AttentionInputs inputs) => inputs.KeyMask is { } mask
        ? FlattenedMask.Of(mask, inputs.Key.shape[1], options.CabPaddingQuirk).logical_not().unsqueeze(-1)
        : null;
}
