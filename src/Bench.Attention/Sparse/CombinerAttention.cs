using Bench.Attention.Primitives;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// What the forms of Combiner share: the tokens of a query's segment are keys themselves, other tokens are reached through summaries of theirs; one
/// softmax over both. O(N·(L + N/L)·D) time. Causal queries read the summaries of segments before their own.
/// </summary>
/// <remarks>Ren et al., "Combiner: Full Attention Transformer with Sparse Computation Cost", arXiv:2107.05768, section 4.</remarks>
public abstract class CombinerAttention(AttentionSettings settings, int segment) : AttentionOperator(settings)
{
    /// <summary>Whether later keys are hidden.</summary>
    protected bool IsCausal { get; } = settings.Pattern == Domain.Matrix.AttentionPattern.CausalSelf;

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        var length = inputs.Query.shape[2];
        var size = Math.Min(segment, length);
        var after = ((length + size - 1) / size * size) - length;
        Tensor Fold(Tensor rows) => nn.functional.pad(rows, [0, 0, 0, after]).unflatten(2, [-1, size]);   // [B, H, n, L, ·]

        var mask = inputs.KeyMask ?? ones([1, length], ScalarType.Bool, inputs.Key.device);
        var real = nn.functional.pad(mask, [0, after]).unflatten(1, [-1, size]).unsqueeze(1);             // [B, 1, n, L]
        var (query, key, value) = (Fold(inputs.Query / Math.Sqrt(Settings.HeadSize)), Fold(inputs.Key), Fold(inputs.Value));
        var near = query.matmul(key.transpose(-2, -1));                                                   // [B, H, n, L, L]
        var open = real.unsqueeze(-2);
        open = IsCausal ? open.logical_and(ones([size, size], ScalarType.Bool, near.device).tril()) : open.expand(-1, -1, -1, size, -1);
        var (far, farOpen, sum) = Summaries(query, key, value, near, real);                               // [B, H, n, L, n]
        var segments = arange(key.shape[2], device: near.device);
        var allowed = IsCausal ? segments.lt(segments.view(-1, 1, 1)) : segments.ge(0).view(1, 1, -1);    // [n or 1, 1, n]
        var weights = MaskedSoftmax.Of(cat([near, far], -1), cat([open, farOpen.logical_and(allowed).expand(open.shape[0], -1, open.shape[2], size, -1)], -1));
        var output = weights.narrow(-1, 0, size).matmul(value) + sum(weights.narrow(-1, size, far.shape[^1]));
        return output.flatten(2, 3).narrow(2, 0, length).MoveToOuterDisposeScope();                       // [B, H, N, Dv]
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double n = shape.Length, size = Math.Min(segment, n), segments = Math.Ceiling(n / size), d = shape.HeadSize, e = shape.ValueSize;
        var pairs = IsCausal ? n * ((size + 1) / 2) + (n * (segments - 1) / 2) : n * (size + segments);
        return new AttentionCost(
            shape.Rows * ((pairs * ((2 * d) + (2 * e) + 5)) + SummaryFlops(n, size, d, e)),
            AttentionCost.InputOutputElements(shape),
            shape.Rows * n * ((3 * (size + segments)) + (3 * d) + (3 * e)));
    }

    /// <summary>Operations of making the summaries.</summary>
    protected abstract double SummaryFlops(double length, double size, double keySize, double valueSize);

    /// <summary>Logits against summaries <c>[B, H, n, L, n]</c>, which of them exist (broadcast to that), and the sum over their values.</summary>
    private protected abstract (Tensor Logits, Tensor Exists, Func<Tensor, Tensor> Sum) Summaries(
        Tensor query, Tensor key, Tensor value, Tensor near, Tensor real);
}
