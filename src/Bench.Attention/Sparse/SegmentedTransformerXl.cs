using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>Transformer-XL segment by segment, as it is trained: O(N·(M + L)·D) time, O(L·(M + L)) memory for scores.</summary>
/// <remarks>Dai et al., arXiv:1901.02860, section 3 and appendix B (the shift that turns distances into columns).</remarks>
[Attention("transformer-xl/segmented", AttentionPattern.CausalSelf,
    Title = "Transformer-XL segment recurrence", Paper = "arXiv:1901.02860", Time = "O(N·(M + L)·D)", Memory = "O(N·D)", State = "2·(M + L)·H·D")]
public sealed class SegmentedTransformerXl(AttentionSettings settings, TransformerXlOptions options) : TransformerXl(settings, options)
{
    /// <inheritdoc />
    protected override double Scores(AttentionShape shape) =>
        4.0 * Settings.Heads * Math.Min(Options.Segment, shape.Length) * Math.Min(Options.Segment + Options.MemoryLength, shape.Length);

    /// <inheritdoc />
    private protected override Tensor Attend(Parts parts)
    {
        var outputs = new List<Tensor>();
        for (long at = 0; at < parts.Query.shape[2]; at += Options.Segment)
        {
            using var segment = NewDisposeScope();
            var rows = Math.Min(Options.Segment, parts.Query.shape[2] - at);
            var start = parts.Past + at;
            var old = Math.Min(Options.MemoryLength, start);
            Tensor Span(Tensor before, Tensor own) => cat([before.narrow(2, start - old, old), own.narrow(2, start, rows)], 2);

            var query = parts.Query.narrow(2, at, rows);                                             // [B, H, T, D]
            var (keys, values) = (Span(parts.OldKeys, parts.Keys), Span(parts.OldValues, parts.Values));
            var visible = ones([rows, old + rows], ScalarType.Bool, query.device).tril(old)
                .logical_and(parts.Real.narrow(1, start - old, old + rows)[.., TensorIndex.None, TensorIndex.None, ..]);
            var logits = Content(query, keys) + Shift(Positions(query, old + rows));            // [B, H, T, old + T]
            outputs.Add(MaskedSoftmax.Of(logits, visible).matmul(values).MoveToOuterDisposeScope());
        }

        return cat(outputs, 2);
    }

    /// <summary>
    /// Columns by distance become columns by key: row t takes distance old + t − s at key s. Entries above the diagonal are left over from
    /// the neighbouring row and hidden by the caller.
    /// </summary>
    private static Tensor Shift(Tensor byDistance)
    {
        // Row t finds key s at place s + T − 1 − t of its reversed row: a shift by one place from row to row.
        var (rows, columns) = (byDistance.shape[2], byDistance.shape[3]);
        var reversed = byDistance.flip(3);
        if (rows == 1)
        {
            return reversed;
        }

        var padded = nn.functional.pad(reversed, [0, rows - 1]).flatten(2);                          // [B, H, T·(S + T − 1)]
        return padded.narrow(2, rows - 1, rows * (columns + rows - 2)).unflatten(2, [rows, columns + rows - 2]).narrow(3, 0, columns);
    }
}
