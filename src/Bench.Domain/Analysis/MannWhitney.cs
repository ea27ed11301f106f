namespace Bench.Domain.Analysis;

/// <summary>The outcome of a Mann–Whitney test.</summary>
/// <param name="U">Pairs in which the first side is larger; ties count one half.</param>
/// <param name="PValue">Two-sided.</param>
/// <param name="Effect">Cliff's delta in [−1, 1]: share of pairs in which the first side is larger minus share in which it is
/// smaller.</param>
/// <param name="IsExact">Whether p was counted, not approximated by a normal distribution.</param>
public readonly record struct MannWhitneyResult(double U, double PValue, double Effect, bool IsExact);

/// <summary>The two-sided rank test that decides whether two sets of raw repetitions differ.</summary>
/// <remarks>H. B. Mann and D. R. Whitney, Annals of Mathematical Statistics 18 (1947).</remarks>
public static class MannWhitney
{
    private const int LargestExact = 40;

    /// <summary>
    /// Tests two samples. Exact, also with ties, up to 40 values together; above that normal with tie and continuity correction.
    /// </summary>
    /// <param name="x">First side, at least one value.</param>
    /// <param name="y">Second side, at least one value.</param>
    public static MannWhitneyResult Test(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        if (x.Count == 0 || y.Count == 0)
        {
            throw new ArgumentException("A rank test needs at least one value on each side.");
        }

        var (ranks, tieCubes) = DoubledMidranks([.. x, .. y]);
        var rankSum = ranks.Take(x.Count).Sum();
        long pairs = (long)x.Count * y.Count;
        var u = (rankSum / 2.0) - (x.Count * (x.Count + 1) / 2.0);
        var effect = (2 * u / pairs) - 1;
        return ranks.Length <= LargestExact
            ? new MannWhitneyResult(u, ExactP(ranks, x.Count, rankSum), effect, true)
            : new MannWhitneyResult(u, NormalP(u, x.Count, y.Count, tieCubes), effect, false);
    }

    /// <summary>
    /// The smallest two-sided p that samples of these sizes can give. When it does not reach the threshold, the answer is
    /// "too few repetitions to decide", not "no change".
    /// </summary>
    public static double SmallestPValue(int countX, int countY) => Math.Min(1, 2 / Math.Exp(SpecialFunctions.LogChoose(countX + countY, countX)));

    /// <summary>Counts, over all ways to choose the first side's ranks, those at least as far from the expected sum.</summary>
    private static double ExactP(int[] ranks, int count, int observed)
    {
        var total = ranks.Sum();
        var ways = new double[count + 1, total + 1];
        ways[0, 0] = 1;
        foreach (var rank in ranks)
        {
            for (var chosen = count; chosen >= 1; chosen--)
            {
                for (var sum = total; sum >= rank; sum--)
                {
                    ways[chosen, sum] += ways[chosen - 1, sum - rank];
                }
            }
        }

        // Ranks are doubled, so twice the sum minus its expectation stays an integer.
        var expected = (long)count * (ranks.Length + 1);
        var distance = Math.Abs(observed - expected);
        double extreme = 0, all = 0;
        for (var sum = 0; sum <= total; sum++)
        {
            all += ways[count, sum];
            if (Math.Abs(sum - expected) >= distance)
            {
                extreme += ways[count, sum];
            }
        }

        return extreme / all;
    }

    private static double NormalP(double u, int countX, int countY, double tieCubes)
    {
        double n = countX + countY, pairs = (double)countX * countY;
        var variance = pairs / 12 * (n + 1 - (tieCubes / (n * (n - 1))));
        if (variance <= 0)
        {
            return 1;
        }

        var z = Math.Max(0, Math.Abs(u - (pairs / 2)) - 0.5) / Math.Sqrt(variance);
        return Math.Min(1, 2 * SpecialFunctions.NormalUpperTail(z));
    }

    /// <summary>Twice the mean rank of every value, so that ties stay integers, and the sum of t³ − t over groups of ties.</summary>
    private static (int[] Ranks, double TieCubes) DoubledMidranks(double[] values)
    {
        var order = Enumerable.Range(0, values.Length).OrderBy(i => values[i]).ToArray();
        var ranks = new int[values.Length];
        var cubes = 0.0;
        for (var start = 0; start < order.Length;)
        {
            var end = start + 1;
            while (end < order.Length && values[order[end]].Equals(values[order[start]]))
            {
                end++;
            }

            for (var i = start; i < end; i++)
            {
                ranks[order[i]] = start + end + 1;
            }

            double ties = end - start;
            cubes += (ties * ties * ties) - ties;
            start = end;
        }

        return (ranks, cubes);
    }
}
