namespace Bench.Domain.Analysis;

/// <summary>
/// Wilson's score interval of a share, such as the accuracy of one seed over test examples or the success rate over seeds.
/// </summary>
/// <remarks>E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).</remarks>
public static class Wilson
{
    /// <summary>The observed share and its interval, which stays inside [0, 1] also at 0 and 100 %.</summary>
    /// <param name="successes">Right answers, 0 … <paramref name="trials"/>.</param>
    /// <param name="trials">Answers, at least one.</param>
    /// <param name="level">Coverage, such as 0.95.</param>
    public static Estimate Of(int successes, int trials, double level = 0.95)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(trials);
        ArgumentOutOfRangeException.ThrowIfNegative(successes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(successes, trials);
        var z = SpecialFunctions.NormalQuantile((1 + level) / 2);
        double share = (double)successes / trials, n = trials, square = z * z;
        var centre = (share + (square / (2 * n))) / (1 + (square / n));
        var half = z / (1 + (square / n)) * Math.Sqrt((share * (1 - share) / n) + (square / (4 * n * n)));
        return new Estimate(
            share,
            // The ends at 0 and 1 are exact; computing them leaves a rounding crumb.
            new Interval(successes == 0 ? 0 : Math.Max(0, centre - half), successes == trials ? 1 : Math.Min(1, centre + half)),
            trials);
    }
}
