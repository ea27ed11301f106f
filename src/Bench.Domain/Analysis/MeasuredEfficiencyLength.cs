using Bench.Domain.Randomness;

namespace Bench.Domain.Analysis;

/// <summary>
/// Our protocol: the medians of both curves joined by straight lines in log-log space; the efficiency length is the last crossing after
/// which
/// the implementation stays below the baseline up to the end of the measured range. Nothing is extrapolated.
/// </summary>
public static class MeasuredEfficiencyLength
{
    /// <summary>Name of the protocol.</summary>
    public const string Protocol = "measured";

    /// <summary>Finds the crossing of two measured curves over their common lengths.</summary>
    /// <param name="baseline">Softmax attention, unless another baseline is named.</param>
    /// <param name="method">The implementation.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <param name="resamples">Resampled curves for the interval.</param>
    public static EfficiencyLength Of(CostCurve baseline, CostCurve method, long seed, int resamples = MedianInterval.Resamples)
    {
        var pairs = Pairs(baseline, method);
        var result = new EfficiencyLength
        {
            Implementation = method.Implementation,
            Protocol = Protocol,
            Range = pairs.Count > 0 ? (pairs[0].Length, pairs[^1].Length) : (0, 0),
        };
        if (pairs.Count < 2)
        {
            return result with
            {
                Note = $"A crossing needs two lengths at which at least one of the two curves has a number; there are "
                + $"{pairs.Count}."
            };
        }

        var lengths = pairs.Select(pair => pair.Length).ToArray();
        var (value, censoring, crossings, bracket) = Cross(lengths, [.. pairs.Select(pair => Ratio(pair.Ours.Median, pair.Theirs.Median))]);
        result = result with { Value = value, Censoring = censoring, Crossings = crossings, Interval = bracket };
        return bracket is null && pairs.All(pair => HasSpread(pair.Ours) && HasSpread(pair.Theirs))
            ? WithInterval(result, lengths, pairs, seed, resamples)
            : result;
    }

    /// <summary>Common lengths up to the first at which both failed. A failure costs more than any number.</summary>
    private static List<(int Length, CostPoint Ours, CostPoint Theirs)> Pairs(CostCurve baseline, CostCurve method) =>
        [.. method.Points.Select(ours => (ours.Length, ours, Theirs: baseline.At(ours.Length)))
            .Where(pair => pair.Theirs is not null)
            .Select(pair => (pair.Length, pair.ours, pair.Theirs!))
            .TakeWhile(pair => pair.ours.Outcome == CostOutcome.Measured || pair.Item3.Outcome == CostOutcome.Measured)];

    /// <summary>Log of method over baseline: negative where the method is cheaper, infinite where one of them failed.</summary>
    private static double Ratio(double ours, double theirs) =>
        double.IsInfinity(ours) ? double.PositiveInfinity : double.IsInfinity(theirs) ? double.NegativeInfinity : Math.Log(ours / theirs);

    private static bool HasSpread(CostPoint point) => point.Outcome != CostOutcome.Measured || point.HasRepetitions;

    private static (double? Value, Censoring Censoring, IReadOnlyList<double> Crossings, Interval? Bracket) Cross(int[] lengths, double[] ratios)
    {
        var crossings = new List<double>();
        for (var i = 1; i < lengths.Length; i++)
        {
            if (ratios[i] < 0 != ratios[i - 1] < 0)
            {
                crossings.Add(Interpolate(lengths[i - 1], lengths[i], ratios[i - 1], ratios[i]));
            }
        }

        if (!(ratios[^1] < 0))
        {
            return (null, Censoring.AboveRange, crossings, null);
        }

        if (crossings.Count == 0)
        {
            return (null, Censoring.BelowRange, crossings, null);
        }

        var last = Array.FindLastIndex(ratios, ratio => !(ratio < 0)) + 1;
        return double.IsInfinity(ratios[last]) || double.IsInfinity(ratios[last - 1])
            ? (crossings[^1], Censoring.BetweenLengths, crossings, new Interval(lengths[last - 1], lengths[last]))
            : (crossings[^1], Censoring.None, crossings, null);
    }

    /// <summary>Where the joined ratios pass zero. A failed neighbour leaves only the bracket; its upper end is the safe figure.</summary>
    private static double Interpolate(int from, int to, double before, double after)
    {
        if (double.IsInfinity(before) || double.IsInfinity(after))
        {
            return to;
        }

        return from * Math.Pow((double)to / from, before / (before - after));
    }

    private static EfficiencyLength WithInterval(
        EfficiencyLength result, int[] lengths, List<(int Length, CostPoint Ours, CostPoint Theirs)> pairs, long seed, int resamples)
    {
        var random = new CounterRandom(seed);
        var drawn = new double[resamples];
        var ratios = new double[lengths.Length];
        for (var r = 0; r < resamples; r++)
        {
            for (var i = 0; i < ratios.Length; i++)
            {
                ratios[i] = Ratio(Draw(pairs[i].Ours, random), Draw(pairs[i].Theirs, random));
            }

            var (value, censoring, _, _) = Cross(lengths, ratios);
            drawn[r] = censoring switch
            {
                Censoring.BelowRange => lengths[0],
                Censoring.AboveRange => lengths[^1],
                _ => value!.Value,
            };
        }

        var interval = Interval.OfPercentiles(drawn, 0.95);
        return result with
        {
            Interval = interval,
            IntervalTouchesEdge = interval.Lower <= lengths[0] || interval.Upper >= lengths[^1],
        };

        static double Draw(CostPoint point, CounterRandom random) =>
            point.Outcome == CostOutcome.Measured ? Quantiles.MedianInPlace(CostResample.Draw(point, random)) : double.PositiveInfinity;
    }
}
