using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>
/// A <see cref="Recurrence.Flattened"/> over the tokens of one chunk as batched matrix products, with the state before the chunk carried in and
/// the state after it carried out. Decays enter as differences of cumulative logarithms that restart with the chunk. G stands for B·H in shapes.
/// </summary>
/// <remarks>
/// Yang et al., arXiv:2312.06635, section 4 (decays), arXiv:2406.06484, section 3 (delta rule as one unit-triangular solve), and
/// arXiv:2412.06464 (both).
/// </remarks>
internal static class ChunkStep
{
    /// <summary>One chunk by the rule that the recurrence follows.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="factored">Split e^{G_i − G_j} into e^{G_i} and e^{−G_j}: the caller knows that no channel decays beyond the number range.
    /// Otherwise the differences are formed before the exponential, which is safe for any decay and takes O(L²) memory, O(L²·D) for a decay per
    /// channel.</param>
    public static RecurrenceResult Run(Recurrence chunk, bool factored)
    {
        var terms = chunk.Featured();
        return terms.Strength is not null ? Delta(terms, factored)
            : terms.CorrectionRead is not null ? LowRank(terms, factored)
            : terms.ValueLogDecay is not null ? AdditiveByValue(terms, factored)
            : Additive(terms, factored);
    }

    /// <summary>States that are only added to and decayed.</summary>
    private static RecurrenceResult Additive(Recurrence chunk, bool factored)
    {
        var decay = Decays.Of(chunk, factored);
        var (query, key) = (decay.Rows(chunk.Query, chunk.Scale), decay.Rows(chunk.Key));
        var readsOlder = chunk.Bonus is not null;
        // Rows first: what they were made of is wanted no longer than that.
        var (reader, _) = (readsOlder ? query.FromStartExclusive : query.FromStart, key.Written); // [G, L, D]
        decay.Free();
        using var scores = decay.Scores(query, key, exclusive: readsOlder);           // [G, L, L]
        var after = decay.After(chunk.State, (key, chunk.Value));                     // [G, D, E]
        var sums = chunk.Normaliser?.unsqueeze(-1);                                   // [G, D, 1]
        var sumsAfter = chunk.NormaliserEpsilon is null ? null : decay.After(sums, key).squeeze(-1);
        var output = Read(reader, chunk.State, scores, chunk.Value);                  // [G, L, E]
        if (chunk.Bonus is { } bonus)
        {
            output = output + (query.Rows * bonus * chunk.Key).sum(-1, keepdim: true) * chunk.Value;
        }

        if (chunk.NormaliserEpsilon is { } epsilon)
        {
            var denominator = scores.sum(-1, keepdim: true);                          // [G, L, 1]
            denominator = (sums is null ? denominator : BatchedProduct.Add(denominator, reader, sums)) + epsilon;
            output = is_grad_enabled() ? output / denominator : output.mul_(denominator.reciprocal_());
        }

        return new RecurrenceResult(output, after, sumsAfter);
    }

    /// <summary>What queries find in the state before the chunk and in its tokens: <c>[G, L, E]</c>.</summary>
    private static Tensor Read(Tensor reader, Tensor? state, Tensor scores, Tensor values)
    {
        if (state is null)
        {
            return scores.bmm(values);
        }

        using var older = reader.bmm(state);
        return BatchedProduct.Add(older, scores, values);
    }

    /// <summary>States that decay along their values: factors sit on values and outputs instead of keys and queries.</summary>
    private static RecurrenceResult AdditiveByValue(Recurrence chunk, bool factored)
    {
        var sum = chunk.ValueLogDecay!.cumsum(1);                                     // [G, L, E]
        var last = sum.narrow(1, sum.size(1) - 1, 1);                                 // [G, 1, E]
        var transposed = chunk.Key.transpose(-2, -1);
        var query = chunk.Scale == 1 ? chunk.Query : chunk.Query * chunk.Scale;
        var scores = query.bmm(transposed).tril_();                                   // [G, L, L]
        if (factored)
        {
            var values = chunk.Value * (-sum).exp_();
            var written = chunk.State is { } start ? BatchedProduct.Add(start, transposed, values) : transposed.bmm(values);
            return new RecurrenceResult(Read(query, chunk.State, scores, values) * sum.exp(), written * last.exp(), null);
        }

        var seen = ones(sum.size(1), sum.size(1), dtype: ScalarType.Bool, device: sum.device).tril().unsqueeze(-1);
        var weights = (sum.unsqueeze(2) - sum.unsqueeze(1)).masked_fill(seen.logical_not(), double.NegativeInfinity).exp(); // [G, L, L, E]
        var output = (scores.unsqueeze(-1) * weights * chunk.Value.unsqueeze(1)).sum(2);
        var added = transposed.bmm(chunk.Value * (last - sum).exp());
        return chunk.State is { } state
            ? new RecurrenceResult(output + (query.bmm(state) * sum.exp()), (state * last.exp()) + added, null)
            : new RecurrenceResult(output, added, null);
    }

    /// <summary>The delta rule, with or without decay.</summary>
    private static RecurrenceResult Delta(Recurrence chunk, bool factored)
    {
        var decay = Decays.Of(chunk, factored);
        var (query, key, state) = (decay.Rows(chunk.Query, chunk.Scale), decay.Rows(chunk.Key), chunk.StateOrZero());
        using var update = Update(chunk, decay, key, state);                          // [G, L, E]
        using var scores = decay.Scores(query, key, exclusive: false);                // [G, L, L]
        var (reader, after) = (query.FromStart, decay.After(state, (key, update)));
        decay.Free();
        return new RecurrenceResult(Read(reader, state, scores, update), after, null);
    }

    /// <summary>What each key of the delta rule writes once its predecessors have written: the values of one triangular solve.</summary>
    private static Tensor Update(Recurrence chunk, Decays decay, DecayedRows key, Tensor state)
    {
        var strength = chunk.Strength!;                                               // [G, L, 1]
        using var scores = decay.Scores(key, key, exclusive: true, inclusiveDecay: true); // [G, L, L], strictly lower
        using var overlap = strength * scores;
        using var missing = BatchedProduct.Add(chunk.Value, key.FromStart, state, sign: -1);
        using var right = strength * missing;                                         // [G, L, E]
        return SolveUnitLower(overlap, right);
    }

    /// <summary>The low-rank correction of the undecayed state (diagonal plus low rank).</summary>
    private static RecurrenceResult LowRank(Recurrence chunk, bool factored)
    {
        var decay = Decays.Of(chunk, factored);
        var (query, key, value, state) = (decay.Rows(chunk.Query, chunk.Scale), decay.Rows(chunk.Key), chunk.Value, chunk.StateOrZero());
        var write = decay.Rows(chunk.CorrectionWrite!);
        using var correction = Correction(chunk, decay, key, write, state);           // [G, L, E]
        using var seen = decay.Scores(query, key, exclusive: false);                  // [G, L, L]
        using var corrected = decay.Scores(query, write, exclusive: false);
        var (reader, after) = (query.FromStart, decay.After(state, (key, value), (write, correction)));
        decay.Free();
        using var own = Read(reader, state, seen, value);
        return new RecurrenceResult(BatchedProduct.Add(own, corrected, correction), after, null);
    }

    /// <summary>What each token reads of the state for its correction, once its predecessors have corrected it.</summary>
    private static Tensor Correction(Recurrence chunk, Decays decay, DecayedRows key, DecayedRows write, Tensor state)
    {
        var read = decay.Rows(chunk.CorrectionRead!);
        using var scores = decay.Scores(read, key, exclusive: true);
        using var right = Read(read.FromStartExclusive, state, scores, chunk.Value);  // [G, L, E]
        using var added = decay.Scores(read, write, exclusive: true);                 // [G, L, L], strictly lower
        using var overlap = -added;
        return SolveUnitLower(overlap, right);
    }

    /// <summary>
    /// X of <c>(I + A) X = B</c> for a strictly lower A <c>[G, L, L]</c> and B <c>[G, L, E]</c>. Solved from the right on transposes: torch solves
    /// column by column, and rows of a transposed B already are columns, so nothing is copied.
    /// </summary>
    private static Tensor SolveUnitLower(Tensor lower, Tensor right)
    {
        using var upper = lower.transpose(-2, -1);
        using var columns = right.transpose(-2, -1);
        using var solved = linalg.solve_triangular(upper, columns, upper: true, left: false, unitriangular: true);
        return solved.transpose(-2, -1);
    }
}
