using Bench.Domain.Matrix;

namespace Bench.Attention;

/// <summary>The sizes of one call.</summary>
/// <param name="Pattern">Which keys a query may read.</param>
/// <param name="Batch">B.</param>
/// <param name="Heads">H.</param>
/// <param name="Length">N: queries.</param>
/// <param name="SourceLength">M: keys; equal to N for self patterns.</param>
/// <param name="HeadSize">D.</param>
/// <param name="ValueSize">Dv.</param>
public sealed record AttentionShape(
    AttentionPattern Pattern, int Batch, int Heads, int Length, int SourceLength, int HeadSize, int ValueSize)
{
    /// <summary>A self or square cross shape with Dv = D.</summary>
    public static AttentionShape Square(AttentionPattern pattern, int batch, int heads, int length, int headSize) =>
        new(pattern, batch, heads, length, length, headSize, headSize);

    /// <summary>B·H: independent rows of work.</summary>
    public double Rows => (double)Batch * Heads;

    /// <summary>Visible (query, key) pairs of dense attention per row: N·M, or N(N+1)/2 for causal self.</summary>
    public double DensePairs => Pattern == AttentionPattern.CausalSelf ? Length * (Length + 1d) / 2 : (double)Length * SourceLength;
}
