using Bench.Attention.Primitives;
using Bench.Domain.Matrix;

namespace Bench.Attention.Sparse;

/// <summary>
/// Combiner over rows of L tokens: every token sums up its row by what it attends to there, and a query reads the summaries that stand in its own
/// column of other rows. O(N·(L + N/L)·D) time and O(N·(L + N/L)) memory.
/// </summary>
/// <remarks>Ren et al., arXiv:2107.05768, section 4.2 (axial); the authors' axial_rowmajor with weighted sums.</remarks>
[Attention("combiner-axial/joint", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf,
    Title = "Combiner, axial", Paper = "arXiv:2107.05768", Time = "O(N·(L + N/L)·D)", Memory = "O(N·(L + N/L))", Reference = true)]
public sealed class CombinerAxial(AttentionSettings settings, CombinerAxialOptions options) : CombinerAttention(settings, options.Segment)
{
    /// <inheritdoc />
    protected override double SummaryFlops(double length, double size, double keySize, double valueSize) =>
        length * size * ((options.Summary == CombinerRowKey.None ? 0 : 2 * keySize) + (2 * valueSize) + 5);

    /// <inheritdoc />
    private protected override (Tensor Logits, Tensor Exists, Func<Tensor, Tensor> Sum) Summaries(
        Tensor query, Tensor key, Tensor value, Tensor near, Tensor real)
    {
        var inside = MaskedSoftmax.Of(near, real.unsqueeze(-2));                                          // [B, H, n, L, L]
        // Columns come first: a query at (row, column) meets the summaries of all rows in its column.
        var keys = (options.Summary == CombinerRowKey.None ? key : inside.matmul(key)).transpose(2, 3);   // [B, H, L, n, D]
        var values = inside.matmul(value).transpose(2, 3);                                                // [B, H, L, n, Dv]
        return (
            query.transpose(2, 3).matmul(keys.transpose(-2, -1)).transpose(2, 3),                         // [B, H, n, L, n]
            real.transpose(2, 3).unsqueeze(2),                                                            // [B, 1, 1, L, n]
            weights => weights.transpose(2, 3).matmul(values).transpose(2, 3));
    }
}
