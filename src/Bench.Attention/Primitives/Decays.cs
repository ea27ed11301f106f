using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>
/// The decays inside one chunk: <c>G_i = g_1 + … + g_i</c>, kept as logarithms so that every exponent that is taken is at most 0
/// (except in factored scores, where the caller bounds it).
/// </summary>
internal sealed class Decays
{
    private readonly Tensor? _log;      // g: [B, H, L, D or 1]
    private readonly Tensor? _sum;      // G: [B, H, L, D or 1]

    private Decays(Tensor? log) => (_log, _sum) = (log, log?.cumsum(2));

    private bool PerChannel => _sum!.shape[3] > 1;

    /// <summary>The decays of a chunk; a constant decay is spread over its tokens.</summary>
    public static Decays Of(Recurrence chunk)
    {
        var log = chunk.LogDecay;
        return new Decays(log is null || log.shape[2] == chunk.Length
            ? log
            : log.expand(log.shape[0], log.shape[1], chunk.Length, log.shape[3]));
    }

    /// <summary>Rows as they meet the state before the chunk: <c>x_i ⊙ e^{G_i}</c>.</summary>
    public Tensor FromStart(Tensor rows) => _sum is null ? rows : rows * _sum.exp();

    /// <summary>Rows as they meet it before their own decay: <c>x_i ⊙ e^{G_i − g_i}</c>.</summary>
    public Tensor FromStartExclusive(Tensor rows) => _sum is null ? rows : rows * (_sum - _log!).exp();

    /// <summary>Rows as they remain in the state after the chunk: <c>x_i ⊙ e^{G_last − G_i}</c>.</summary>
    public Tensor ToEnd(Tensor rows) => _sum is null ? rows : rows * (_sum.narrow(2, _sum.shape[2] - 1, 1) - _sum).exp();

    /// <summary>The state before the chunk as it remains after it: <c>diag(e^{G_last}) S</c>.</summary>
    public Tensor OverChunk(Tensor state) =>
        _sum is null ? state : _sum.narrow(2, _sum.shape[2] - 1, 1).transpose(-2, -1).exp() * state; // [B, H, D or 1, 1] · [B, H, D, E]

    /// <summary>
    /// <c>Σ_d x_id y_jd e^{G_i − G_j}</c> for j ≤ i, 0 elsewhere: <c>[B, H, L, L]</c>.
    /// </summary>
    /// <param name="rows">x.</param>
    /// <param name="columns">y.</param>
    /// <param name="exclusive">Only j &lt; i, and <c>G_i − g_i</c> in place of <c>G_i</c> (the row meets the state before its own decay).</param>
    /// <param name="differences">Take <c>e^{G_i − G_j}</c> per channel before the product.</param>
    /// <param name="inclusiveDecay">With <paramref name="exclusive"/>: keep <c>G_i</c> (the row meets the decayed state before its own write).</param>
    public Tensor Scores(Tensor rows, Tensor columns, bool exclusive, bool differences, bool inclusiveDecay = false)
    {
        var diagonal = exclusive ? -1 : 0;
        if (_sum is null)
        {
            return rows.matmul(columns.transpose(-2, -1)).tril(diagonal);
        }

        var end = exclusive && !inclusiveDecay ? _sum - _log! : _sum;
        if (!PerChannel)
        {
            return rows.matmul(columns.transpose(-2, -1)) * Weights(end - _sum.transpose(-2, -1), diagonal);
        }

        if (!differences)
        {
            return (rows * end.exp()).matmul((columns * (-_sum).exp()).transpose(-2, -1)).tril(diagonal);
        }

        var gap = end.unsqueeze(3) - _sum.unsqueeze(2);                               // [B, H, L, L, D]
        var seen = ones(gap.shape[2], gap.shape[3], dtype: ScalarType.Bool, device: gap.device).tril(diagonal).unsqueeze(-1);
        var weights = gap.masked_fill(seen.logical_not(), double.NegativeInfinity).exp();
        return (rows.unsqueeze(3) * columns.unsqueeze(2) * weights).sum(-1);
    }

    /// <summary>exp of the lower triangle, 0 above it; masked before the exponential so that neither inf nor NaN can arise.</summary>
    private static Tensor Weights(Tensor gap, long diagonal)
    {
        var seen = ones(gap.shape[2], gap.shape[3], dtype: ScalarType.Bool, device: gap.device).tril(diagonal);
        return gap.masked_fill(seen.logical_not(), double.NegativeInfinity).exp();
    }
}
