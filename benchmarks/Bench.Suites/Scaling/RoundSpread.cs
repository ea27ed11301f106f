using Bench.Domain.Analysis;

namespace Bench.Suites.Scaling;

/// <summary>
/// How far several kinds of work that took turns are from costing the same. Each is held against the mean of its own round, so that a machine that is slower
/// for some of the rounds, or for most of them, moves all of them together.
/// </summary>
internal static class RoundSpread
{
    /// <summary>Largest over smallest, minus 1, of the medians over rounds of each one's cost over the geometric mean of its round.</summary>
    /// <param name="series">Costs of each kind of work, one number a round; all of the same number of rounds, at least one.</param>
    public static double Of(IReadOnlyList<IReadOnlyList<double>> series)
    {
        var rounds = Enumerable.Range(0, series[0].Count).ToList();
        var means = rounds.ConvertAll(round => series.Average(costs => Math.Log(costs[round])));
        var relative = series.Select(costs => Quantiles.Median([.. rounds.Select(round => Math.Log(costs[round]) - means[round])])).ToList();
        return Math.Exp(relative.Max() - relative.Min()) - 1;
    }
}
