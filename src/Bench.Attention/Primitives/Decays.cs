using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>The decays inside one chunk: <c>G_i = g_1 + … + g_i</c>, kept as logarithms. G stands for B·H in shapes.</summary>
/// <remarks>
/// Factored, e^{G_i − G_j} is split into e^{G_i} on the row and e^{−G_j} on the column, one product of each with the rows of a chunk, whoever reads
/// them: the caller has seen to it that no channel decays beyond the number range. Otherwise every exponent that is taken is at most 0.
/// </remarks>
internal sealed class Decays
{
    private readonly Tensor? _log;      // g: [G, L, D or 1]
    private readonly Tensor? _sum;      // G: [G, L, D or 1]
    private readonly List<Tensor> _factors = [];

    private Decays(Tensor? log, bool factored) => (_log, _sum, Factored) = (log, log is null ? null : Sum(log), factored || log is null);

    /// <summary>Whether e^{G_i − G_j} is split.</summary>
    public bool Factored { get; }

    /// <summary>Whether channels decay each by itself.</summary>
    public bool PerChannel => _sum is not null && _sum.size(2) > 1;

    /// <summary>e^{G_i}; null without decay.</summary>
    public Tensor? FromStart => field ??= _sum is null ? null : Keep(_sum.exp());

    /// <summary>e^{G_i − g_i}.</summary>
    public Tensor? FromStartExclusive => field ??= _sum is null ? null : Keep((_sum - _log!).exp());

    /// <summary>e^{−G_i}.</summary>
    // The reciprocal's gradient takes the square of the result, which can leave the number range.
    public Tensor? ToStart => field ??= _sum is null ? null : Keep(is_grad_enabled() ? (-_sum).exp_() : FromStart!.reciprocal());

    /// <summary>e^{G_last − G_i}.</summary>
    public Tensor? ToEnd => field ??= _sum is null ? null : Keep((Last! - _sum).exp());

    private Tensor? Last => field ??= _sum?.narrow(1, _sum.size(1) - 1, 1);        // [G, 1, D or 1]

    /// <summary>The decays of a chunk; a constant decay is spread over its tokens.</summary>
    public static Decays Of(Recurrence chunk, bool factored)
    {
        var log = chunk.LogDecay;
        var length = chunk.Length;
        return new Decays(log is null || log.size(1) == length ? log : log.expand(-1, length, -1), factored);
    }

    /// <summary>Rows <c>[G, L, D]</c> under these decays, each times <paramref name="scale"/>.</summary>
    public DecayedRows Rows(Tensor rows, double scale = 1) => new(rows, scale, this);

    /// <summary>Gives the factors' memory back to what follows, so that a chunk stays in cache: nothing may ask for one of them any more.</summary>
    public void Free()
    {
        _factors.ForEach(factor => factor.Dispose());
        _factors.Clear();
    }

    /// <summary>
    /// The state after the chunk, <c>[G, D, E]</c>: what remains of the one before it and of everything that was written.
    /// </summary>
    /// <param name="state">The state before the chunk; null means zero.</param>
    /// <param name="writes">Keys <c>[G, L, D]</c> and the values <c>[G, L, E]</c> that they write.</param>
    public Tensor After(Tensor? state, params ReadOnlySpan<(DecayedRows Keys, Tensor Values)> writes)
    {
        var sum = state is null || Factored ? state : OverChunk(state);
        foreach (var (keys, values) in writes)
        {
            using var transposed = keys.Written.transpose(-2, -1);
            sum = sum is null ? transposed.bmm(values) : BatchedProduct.Add(sum, transposed, values);
        }

        return Factored ? OverChunk(sum!) : sum!;
    }

    /// <summary>The same of the normaliser, <c>[G, D, 1]</c>, to which every key adds itself.</summary>
    public Tensor After(Tensor? normaliser, DecayedRows keys)
    {
        var written = keys.Written.sum(1).unsqueeze(-1);
        return normaliser is null ? (Factored ? OverChunk(written) : written)
            : Factored ? OverChunk(normaliser + written)
            : OverChunk(normaliser) + written;
    }

    /// <summary>
    /// <c>Σ_d x_id y_jd e^{G_i − G_j}</c> for j ≤ i, 0 elsewhere: <c>[G, L, L]</c>.
    /// </summary>
    /// <param name="rows">x.</param>
    /// <param name="columns">y.</param>
    /// <param name="exclusive">Only j &lt; i, and <c>G_i − g_i</c> in place of <c>G_i</c> (the row meets the state before its own decay).</param>
    /// <param name="inclusiveDecay">With <paramref name="exclusive"/>: keep <c>G_i</c> (the row meets the decayed state before its own write).</param>
    public Tensor Scores(DecayedRows rows, DecayedRows columns, bool exclusive, bool inclusiveDecay = false)
    {
        var diagonal = exclusive ? -1 : 0;
        var meetsOlder = exclusive && !inclusiveDecay;
        if (Factored)
        {
            using var transposed = columns.ToStart.transpose(-2, -1);
            return (meetsOlder ? rows.FromStartExclusive : rows.FromStart).bmm(transposed).tril_(diagonal);
        }

        var end = meetsOlder ? _sum! - _log! : _sum!;
        if (!PerChannel)
        {
            // Above the diagonal the differences are positive, of any size, and the products are thrown away.
            return (rows.Rows.bmm(columns.Rows.transpose(-2, -1)) * (end - _sum!.transpose(-2, -1)).clamp_max(0).exp()).tril_(diagonal);
        }

        var seen = ones(end.size(1), end.size(1), dtype: ScalarType.Bool, device: end.device).tril(diagonal).unsqueeze(-1);
        var weights = (end.unsqueeze(2) - _sum!.unsqueeze(1)).masked_fill(seen.logical_not(), double.NegativeInfinity).exp(); // [G, L, L, D]
        return (rows.Rows.unsqueeze(2) * columns.Rows.unsqueeze(1) * weights).sum(-1);
    }

    private static Tensor Sum(Tensor log) => ChunkRows.Takes(log) ? ChunkRows.CumulativeSum(log) : log.cumsum(1);

    /// <summary>The state before the chunk as it remains after it: <c>diag(e^{G_last}) S</c>.</summary>
    private Tensor OverChunk(Tensor state) => Last is { } last ? state * last.transpose(-2, -1).exp() : state; // [G, D, E] · [G, D or 1, 1]

    private Tensor Keep(Tensor factor)
    {
        _factors.Add(factor);
        return factor;
    }
}
