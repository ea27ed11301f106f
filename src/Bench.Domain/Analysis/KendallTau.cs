namespace Bench.Domain.Analysis;

/// <summary>Agreement of two rankings.</summary>
public static class KendallTau
{
    /// <summary>
    /// Kendall's tau-b: pairs in the same order minus pairs in the opposite order, divided by what ties leave possible (M. G. Kendall,
    /// Biometrika 33, 1945). 1 is the same order, −1 the reverse.
    /// </summary>
    /// <param name="x">Scores of the first ranking.</param>
    /// <param name="y">Scores of the same things in the second.</param>
    /// <returns>NaN when one side is constant, since then no order exists.</returns>
    /// <exception cref="ArgumentException">The sides have different lengths, or fewer than two values.</exception>
    public static double Of(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        if (x.Count != y.Count || x.Count < 2)
        {
            throw new ArgumentException($"Two rankings of the same things are needed, two or more; given {x.Count} and {y.Count}.");
        }

        long score = 0, untiedX = 0, untiedY = 0;
        for (var i = 0; i < x.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var (dx, dy) = (x[i].CompareTo(x[j]), y[i].CompareTo(y[j]));
                score += dx * dy;
                untiedX += Math.Abs(dx);
                untiedY += Math.Abs(dy);
            }
        }

        return score / Math.Sqrt((double)untiedX * untiedY);
    }
}
