using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>
/// A <see cref="Recurrence"/> over the tokens of one chunk as matrix products, with the state before the chunk carried in and the state
/// after it carried out. Decays enter as differences of cumulative logarithms that restart with the chunk.
/// </summary>
/// <remarks>
/// Yang et al., arXiv:2312.06635, section 4 (decays), arXiv:2406.06484, section 3 (delta rule as one unit-triangular solve), and
/// arXiv:2412.06464 (both).
/// </remarks>
internal static class ChunkStep
{
    /// <summary>States that are only added to and decayed.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="differences">Form every e^{G_i − G_j} of a decay per channel before the product (safe for any decay, O(L²·D) memory)
    /// instead of the factors e^{G_i} and e^{−G_j}.</param>
    public static RecurrenceResult Additive(Recurrence chunk, bool differences)
    {
        if (chunk.ValueLogDecay is { } valueDecay)
        {
            return AdditiveByValue(chunk, valueDecay.cumsum(2), differences);
        }

        var decay = Decays.Of(chunk);
        var query = chunk.Query * chunk.Scale;                                        // [B, H, L, D]
        var scores = decay.Scores(query, chunk.Key, exclusive: chunk.Bonus is not null, differences); // [B, H, L, L]
        var output = scores.matmul(chunk.Value);                                      // [B, H, L, E]
        var decayed = chunk.Bonus is null ? decay.FromStart(query) : decay.FromStartExclusive(query); // [B, H, L, D]
        if (chunk.State is { } state)
        {
            output = output + decayed.matmul(state);
        }

        if (chunk.Bonus is { } bonus)
        {
            output = output + (query * bonus.unsqueeze(1) * chunk.Key).sum(-1, keepdim: true) * chunk.Value;
        }

        var toEnd = decay.ToEnd(chunk.Key);                                           // [B, H, L, D]
        var written = toEnd.transpose(-2, -1).matmul(chunk.Value);                    // [B, H, D, E]
        var after = chunk.State is { } before ? decay.OverChunk(before) + written : written;
        if (chunk.NormaliserEpsilon is not { } epsilon)
        {
            return new RecurrenceResult(output, after, null);
        }

        var denominator = scores.sum(-1, keepdim: true);                              // [B, H, L, 1]
        var normaliser = toEnd.sum(2);                                                // [B, H, D]
        if (chunk.Normaliser is { } sum)
        {
            denominator = denominator + decayed.matmul(sum.unsqueeze(-1));
            normaliser = decay.OverChunk(sum.unsqueeze(-1)).squeeze(-1) + normaliser;
        }

        return new RecurrenceResult(output / (denominator + epsilon), after, normaliser);
    }

    /// <summary>States that decay along their values: factors sit on values and outputs instead of keys and queries.</summary>
    private static RecurrenceResult AdditiveByValue(Recurrence chunk, Tensor sum, bool differences)
    {
        var scores = (chunk.Query * chunk.Scale).matmul(chunk.Key.transpose(-2, -1)).tril(); // [B, H, L, L]
        Tensor output;
        if (differences)
        {
            var seen = ones(sum.shape[2], sum.shape[2], dtype: ScalarType.Bool, device: sum.device).tril().unsqueeze(-1);
            var weights = (sum.unsqueeze(3) - sum.unsqueeze(2)).masked_fill(seen.logical_not(), double.NegativeInfinity).exp(); // [B, H, L, L, E]
            output = (scores.unsqueeze(-1) * weights * chunk.Value.unsqueeze(2)).sum(3);
        }
        else
        {
            output = scores.matmul(chunk.Value * (-sum).exp()) * sum.exp();           // [B, H, L, E]
        }

        var last = sum.narrow(2, sum.shape[2] - 1, 1);                                // [B, H, 1, E]
        var written = chunk.Key.transpose(-2, -1).matmul(chunk.Value * (last - sum).exp());
        if (chunk.State is not { } state)
        {
            return new RecurrenceResult(output, written, null);
        }

        output = output + ((chunk.Query * chunk.Scale).matmul(state) * sum.exp());
        return new RecurrenceResult(output, (state * last.exp()) + written, null);
    }

    /// <summary>The delta rule, with or without decay.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="differences">As in <see cref="Additive"/>.</param>
    public static RecurrenceResult Delta(Recurrence chunk, bool differences)
    {
        var decay = Decays.Of(chunk);
        var (query, key, state) = (chunk.Query * chunk.Scale, chunk.Key, chunk.StateOrZero());
        var strength = chunk.Strength!;                                               // [B, H, L, 1]
        var overlap = strength * decay.Scores(key, key, exclusive: true, differences, inclusiveDecay: true); // [B, H, L, L], strictly lower
        var unit = eye(key.shape[2], dtype: key.dtype, device: key.device);
        var right = strength * (chunk.Value - decay.FromStart(key).matmul(state));    // [B, H, L, E]
        var update = linalg.solve_triangular(overlap + unit, right, upper: false, left: true, unitriangular: true);
        var output = decay.FromStart(query).matmul(state)
            + decay.Scores(query, key, exclusive: false, differences).matmul(update); // [B, H, L, E]
        return new RecurrenceResult(output, decay.OverChunk(state) + decay.ToEnd(key).transpose(-2, -1).matmul(update), null);
    }

    /// <summary>The low-rank correction of the undecayed state (diagonal plus low rank).</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="differences">As in <see cref="Additive"/>.</param>
    public static RecurrenceResult LowRank(Recurrence chunk, bool differences)
    {
        var decay = Decays.Of(chunk);
        var (query, key, value, state) = (chunk.Query * chunk.Scale, chunk.Key, chunk.Value, chunk.StateOrZero());
        var (read, write) = (chunk.CorrectionRead!, chunk.CorrectionWrite!);
        var unit = eye(key.shape[2], dtype: key.dtype, device: key.device);
        var right = decay.Scores(read, key, exclusive: true, differences).matmul(value)
            + decay.FromStartExclusive(read).matmul(state);                           // [B, H, L, E]
        var own = decay.Scores(read, write, exclusive: true, differences);            // [B, H, L, L], strictly lower
        var corrected = linalg.solve_triangular(unit - own, right, upper: false, left: true, unitriangular: true);
        var output = decay.FromStart(query).matmul(state)
            + decay.Scores(query, key, exclusive: false, differences).matmul(value)
            + decay.Scores(query, write, exclusive: false, differences).matmul(corrected);
        var after = decay.OverChunk(state)
            + decay.ToEnd(key).transpose(-2, -1).matmul(value)
            + decay.ToEnd(write).transpose(-2, -1).matmul(corrected);
        return new RecurrenceResult(output, after, null);
    }
}
