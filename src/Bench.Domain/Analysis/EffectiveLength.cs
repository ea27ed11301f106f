namespace Bench.Domain.Analysis;

/// <summary>Up to which difficulty a mechanism still remembers.</summary>
public static class EffectiveLength
{
    /// <summary>
    /// The largest length whose interval lies at or above the threshold (the idea of RULER's effective context, arXiv:2404.06654).
    /// </summary>
    /// <param name="columns">Score with interval at each measured length, in any order.</param>
    /// <param name="threshold">Named score that counts as remembering; print it beside the result.</param>
    /// <returns>Null when no length reaches the threshold.</returns>
    public static int? Of(IEnumerable<(int Length, Estimate Score)> columns, double threshold)
    {
        int? best = null;
        foreach (var (length, score) in columns)
        {
            if (score.Lower >= threshold && (best is null || length > best))
            {
                best = length;
            }
        }

        return best;
    }
}
