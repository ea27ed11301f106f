using Bench.Domain.Results;

namespace Bench.Domain.Analysis;

/// <summary>What a comparison of two sets of repetitions may claim.</summary>
public enum Verdict
{
    /// <summary>Better beyond doubt and beyond the tolerance.</summary>
    Better,

    /// <summary>Worse beyond doubt and beyond the tolerance.</summary>
    Worse,

    /// <summary>The whole interval lies inside the tolerance.</summary>
    Same,

    /// <summary>Neither is shown.</summary>
    Undecided,

    /// <summary>So few repetitions that no outcome could have been significant.</summary>
    TooFewRepetitions,
}

/// <summary>One row of an A/B table before adjustment for the other rows.</summary>
/// <param name="Ratio">B divided by A, with interval: of medians, or of undisturbed passes where only those decide.</param>
/// <param name="PValue">
/// The larger of two two-sided p: Mann–Whitney of the raw repetitions, and, where both sides have several processes, twice Student's t of the
/// logarithms of the processes' medians or undisturbed passes; doubled again where it had these two looks.
/// </param>
/// <param name="Effect">Cliff's delta of B against A.</param>
/// <param name="SmallestPValue">The smallest p that these numbers of repetitions can give.</param>
/// <param name="IsOfUndisturbed">Whether ratio and p are those of the undisturbed passes: the quickest tenth of each process.</param>
/// <remarks>
/// Other work on a machine only ever slows a pass, so a low quantile repeats itself where the median wanders (Chen and Revels, "Robust benchmarking in
/// noisy environments", arXiv:1608.04295); the median sees what the implementation itself does now and then. See decision 8.
/// </remarks>
public sealed record Comparison(Estimate Ratio, double PValue, double Effect, double SmallestPValue, bool IsOfUndisturbed = false)
{
    /// <summary>One equal pair in a hundred may look different; see decision 7.</summary>
    public const double DefaultLevel = 0.01;

    private const double Median = 0.5;
    private const double Tenth = 0.1;

    /// <summary>A handful of medians that fall into two groups, as neighbours make them, is called different in 1.4 % of equal pairs at a level of 1 %.</summary>
    private const double ProcessMargin = 2;

    /// <summary>A tenth of fewer repetitions than this is less than one.</summary>
    private const int LeastForTenth = 10;

    /// <summary>Compares raw repetitions of two sides, each by process.</summary>
    /// <param name="a">Repetitions of A.</param>
    /// <param name="b">Repetitions of B.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <param name="better">Which way the metric improves; disturbance moves it the other way.</param>
    public static Comparison Of(IReadOnlyList<IReadOnlyList<double>> a, IReadOnlyList<IReadOnlyList<double>> b, long seed, Better better = Better.Lower)
    {
        double[] pooledA = [.. a.SelectMany(process => process)], pooledB = [.. b.SelectMany(process => process)];
        var ranks = MannWhitney.Test(pooledB, pooledA);
        var smallest = MannWhitney.SmallestPValue(pooledA.Length, pooledB.Length);
        if (a.Count < 2 || b.Count < 2)
        {
            return new Comparison(RatioInterval.Unpaired(b, a, seed), ranks.PValue, ranks.Effect, smallest);
        }

        var ofMedians = Math.Max(ranks.PValue, BetweenProcesses(a, b, Median));
        if (a.Concat(b).Any(process => process.Count < LeastForTenth))
        {
            return new Comparison(RatioInterval.Unpaired(b, a, seed), ofMedians, ranks.Effect, smallest);
        }

        // Medians go first: the other look only where they do not decide by themselves.
        var undisturbed = better == Better.Lower ? Tenth : 1 - Tenth;
        var ofUndisturbed = Math.Max(ranks.PValue, BetweenProcesses(a, b, undisturbed));
        var isOfUndisturbed = 2 * ofMedians > DefaultLevel && ofUndisturbed < ofMedians;
        return new Comparison(
            RatioInterval.Unpaired(b, a, seed, quantile: isOfUndisturbed ? undisturbed : Median),
            Math.Min(1, 2 * (isOfUndisturbed ? ofUndisturbed : ofMedians)), ranks.Effect, Math.Min(1, 2 * smallest), isOfUndisturbed);
    }

    /// <summary>The verdict once p has been adjusted over the whole table.</summary>
    /// <param name="adjustedP">p of this row after the correction for all rows of its table.</param>
    /// <param name="tolerance">Relative change that does not matter: max(1 %, noise floor of the agent) unless the reader lowers
    /// it.</param>
    /// <param name="better">Which way the metric improves.</param>
    /// <param name="level">Significance level of the table.</param>
    public Verdict Judge(double adjustedP, double tolerance, Better better, double level = DefaultLevel)
    {
        if (Ratio.Interval.IsWithin(new Interval(1 - tolerance, 1 + tolerance)))
        {
            return Verdict.Same;
        }

        if (SmallestPValue > level)
        {
            return Verdict.TooFewRepetitions;
        }

        if (adjustedP > level || Math.Abs(Ratio.Value - 1) <= tolerance || Ratio.Interval.Contains(1))
        {
            return Verdict.Undecided;
        }

        return Ratio.Value < 1 == (better == Better.Lower) ? Verdict.Better : Verdict.Worse;
    }

    /// <summary>
    /// Repetitions of a process share its spell of the machine and its places in memory, so the spread that counts is the one between processes.
    /// </summary>
    private static double BetweenProcesses(IReadOnlyList<IReadOnlyList<double>> a, IReadOnlyList<IReadOnlyList<double>> b, double quantile)
    {
        double[] x = [.. a.Select(process => Quantiles.Of(process, quantile))], y = [.. b.Select(process => Quantiles.Of(process, quantile))];
        var p = x.Concat(y).Any(value => value <= 0)
            ? StudentT.TwoSamplePValue(x, y)
            : StudentT.TwoSamplePValue([.. x.Select(value => Math.Log(value))], [.. y.Select(value => Math.Log(value))]);
        return Math.Min(1, ProcessMargin * p);
    }
}
