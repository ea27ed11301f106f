using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// Combiner over rows of L tokens with directed summaries. A query reads the tokens of its row and of its column; above (and below) each token of its row
/// the column so far in one summary; and left and right of each token of its column the row so far. A summary's key and query are sums of those it
/// stands for, its value what that query attends to among them; one softmax over all. O(N·(L + N/L)·D) time and O(N·(L + N/L)) memory.
/// </summary>
/// <remarks>
/// Ren et al., arXiv:2107.05768, section 4.2 (axial mixture); the authors' axial_mixture_bidir, and axial_mixture_unidir where later keys are hidden. Both
/// count a query's own token, in row and column, and summaries that stand for nothing as their code does: noncausal twice and as the mean of the line,
/// causal once and not at all.
/// </remarks>
[Attention("combiner-mixture/joint", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf,
    Title = "Combiner, axial mixture", Paper = "arXiv:2107.05768", Time = "O(N·(L + N/L)·D)", Memory = "O(N·(L + N/L))", Reference = true)]
public sealed class CombinerMixture(AttentionSettings settings, CombinerMixtureOptions options) : AttentionOperator(settings)
{
    private bool IsCausal => Settings.Pattern.IsCausal;

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        var length = inputs.Query.shape[2];
        var size = Math.Min(options.Segment, length);
        var after = ((length + size - 1) / size * size) - length;
        var mask = inputs.KeyMask ?? ones([1, length], ScalarType.Bool, inputs.Key.device);
        var real = nn.functional.pad(mask, [0, after]).unflatten(1, [-1, size]).unsqueeze(1);             // [B, 1, n, L]
        // Padded tokens add nothing to sums.
        Tensor Fold(Tensor rows) => nn.functional.pad(rows, [0, 0, 0, after]).unflatten(2, [-1, size]).masked_fill(real.logical_not().unsqueeze(-1), 0);

        var rows = new Lines(Fold(inputs.Query / Math.Sqrt(Settings.HeadSize)), Fold(inputs.Key), Fold(inputs.Value), real); // [B, H, n, L, ·]
        var columns = rows.Turn();                                                                        // [B, H, L, n, ·]
        var parts = Parts(rows, columns);
        var widths = parts.Select(part => part.Logits.shape[4]).ToArray();
        var open = parts.Select(part => part.Visible.expand(real.shape[0], 1, real.shape[2], size, part.Logits.shape[4]));
        var weights = MaskedSoftmax.Of(cat([.. parts.Select(part => part.Logits)], -1), cat([.. open], -1)).split(widths, -1);
        return parts.Select((part, i) => part.Sum(weights[i])).Aggregate((a, b) => a + b)
            .flatten(2, 3).narrow(2, 0, length).clone().MoveToOuterDisposeScope();                        // [B, H, N, Dv]
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double n = shape.Length, l = Math.Min(options.Segment, n), s = Math.Ceiling(n / l), d = shape.HeadSize, e = shape.ValueSize;
        // Tokens of the row and of the column, then summaries: of the column for each token of the row, and of both sides for each row of the column.
        var read = IsCausal
            ? ((l + 1) / 2) + ((s - 1) / 2) + ((l - 1) * (s - 1) / s) + ((s - 1) * (l - 1) / l)
            : (3 * l) + (3 * s);
        var made = IsCausal ? ((s - 1) / 2) + (l - 1) : (s - 1) + (l - 1);
        return new AttentionCost(
            shape.Rows * n * (((read + made) * ((2 * d) + (2 * e) + 5)) + (2 * d * (IsCausal ? 3 : 4))),
            AttentionCost.InputOutputElements(shape),
            shape.Rows * n * ((9 * (l + s)) + (12 * d) + (6 * e)));
    }

    private List<Part> Parts(Lines rows, Lines columns)
    {
        long segments = columns.Length, size = rows.Length;
        Tensor All(long count) => ones([count, count], ScalarType.Bool, rows.Key.device);
        Tensor ByRow(Tensor seen) => seen.view(1, 1, 1, size, size);
        Tensor ByColumn(Tensor seen) => seen.view(1, 1, segments, 1, segments);

        var (up, left, right) = (columns.Summary(reverse: false, IsCausal), rows.Summary(reverse: false, IsCausal), rows.Summary(reverse: true, IsCausal));
        if (!IsCausal)
        {
            var down = columns.Summary(reverse: true, IsCausal);
            return
            [
                Read(rows, rows, ByRow(All(size)), isTurned: false), Read(columns, columns, ByColumn(All(segments)), isTurned: true),
                Read(rows, up.Turn(), ByRow(All(size)), isTurned: false), Read(rows, down.Turn(), ByRow(All(size)), isTurned: false),
                Read(columns, left.Turn(), ByColumn(All(segments)), isTurned: true), Read(columns, right.Turn(), ByColumn(All(segments)), isTurned: true),
            ];
        }

        var above = ByColumn(All(segments).tril(-1));
        return
        [
            Read(columns, columns, above, isTurned: true), Read(rows, rows, ByRow(All(size).tril()), isTurned: false),
            // The own column is read token by token.
            Read(rows, up.Turn(), ByRow(eye(size, dtype: ScalarType.Bool, device: rows.Key.device).logical_not()), isTurned: false),
            Read(columns, left.Turn(), above, isTurned: true), Read(columns, right.Turn(), above, isTurned: true),
        ];
    }

    /// <summary>Logits of queries against the keys of their own line, in the order of rows.</summary>
    /// <param name="lines">Where the queries are.</param>
    /// <param name="read">Keys and values in the same lines.</param>
    /// <param name="seen">Which of a line's keys a query may see, broadcastable to <c>[1, 1, n, L, keys]</c>.</param>
    /// <param name="isTurned">Whether lines are columns.</param>
    private static Part Read(Lines lines, Lines read, Tensor seen, bool isTurned)
    {
        Tensor Back(Tensor tensor) => isTurned ? tensor.transpose(2, 3) : tensor;
        var exists = isTurned ? read.Real.unsqueeze(2) : read.Real.unsqueeze(3);                          // [B, 1, 1, L, n] or [B, 1, n, 1, L]
        return new Part(
            Back(lines.Query.matmul(read.Key.transpose(-2, -1))),                                         // [B, H, n, L, keys]
            seen.logical_and(exists),
            weights => Back(Back(weights).matmul(read.Value)));
    }

    /// <summary>Some of what a query reads.</summary>
    /// <param name="Logits"><c>[B, H, n, L, keys]</c>.</param>
    /// <param name="Visible">Broadcastable to the logits.</param>
    /// <param name="Sum">Weighted sum of the values.</param>
    private sealed record Part(Tensor Logits, Tensor Visible, Func<Tensor, Tensor> Sum);

    /// <summary>Tokens, or summaries that stand at tokens' places, in lines: <c>[B, H, lines, T, ·]</c>.</summary>
    /// <param name="Query">Scaled queries.</param>
    /// <param name="Key">Keys.</param>
    /// <param name="Value">Values.</param>
    /// <param name="Real">Which places hold something, <c>[B, 1, lines, T]</c>.</param>
    private sealed record Lines(Tensor Query, Tensor Key, Tensor Value, Tensor Real)
    {
        /// <summary>T: places of a line.</summary>
        public long Length => Key.shape[3];

        /// <summary>Rows as columns and back.</summary>
        public Lines Turn() => new(Query.transpose(2, 3), Key.transpose(2, 3), Value.transpose(2, 3), Real.transpose(2, 3));

        /// <summary>At every place of a line the summary of those before it, or after it.</summary>
        /// <param name="reverse">Of those after it.</param>
        /// <param name="hidesNothing">Whether a summary of nothing is hidden; otherwise its value is the mean of the line.</param>
        public Lines Summary(bool reverse, bool hidesNothing)
        {
            Tensor Before(Tensor rows)
            {
                var sums = reverse ? rows.flip(3).cumsum(3).flip(3) : rows.cumsum(3);
                var moved = reverse ? sums.narrow(3, 1, Length - 1) : sums.narrow(3, 0, Length - 1);
                return nn.functional.pad(moved, reverse ? [0, 0, 0, 1] : [0, 0, 1, 0]);
            }

            var seen = ones([Length, Length], ScalarType.Bool, Key.device);
            seen = (reverse ? seen.triu(1) : seen.tril(-1)).logical_and(Real.unsqueeze(3));               // [B, 1, lines, T, T]
            var (query, key) = (Before(Query), Before(Key));
            var weights = MaskedSoftmax.Of(query.matmul(Key.transpose(-2, -1)), seen);
            var some = seen.any(-1);                                                                      // [B, 1, lines, T]
            if (!hidesNothing)
            {
                var share = Real.to(weights.dtype) / Real.sum(-1, keepdim: true).clamp(min: 1);           // [B, 1, lines, T]
                weights = where(some.unsqueeze(-1), weights, share.unsqueeze(3));
                some = Real.any(-1, keepdim: true).expand_as(Real);
            }

            return new Lines(query, key, weights.matmul(Value), some);
        }
    }
}
