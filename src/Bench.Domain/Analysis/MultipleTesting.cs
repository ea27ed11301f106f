namespace Bench.Domain.Analysis;

/// <summary>Adjusted p values when many comparisons are read at once; compare them with the wanted level as they are.</summary>
public static class MultipleTesting
{
    /// <summary>
    /// Holm's step-down adjustment: bounds the chance of any false finding (S. Holm, Scandinavian Journal of Statistics 6, 1979).
    /// </summary>
    /// <param name="pValues">Unadjusted p values in any order.</param>
    /// <returns>Adjusted p values in the same order.</returns>
    public static double[] Holm(IReadOnlyList<double> pValues)
    {
        var order = Order(pValues);
        var adjusted = new double[pValues.Count];
        var largest = 0.0;
        for (var i = 0; i < order.Length; i++)
        {
            largest = Math.Max(largest, (order.Length - i) * pValues[order[i]]);
            adjusted[order[i]] = Math.Min(1, largest);
        }

        return adjusted;
    }

    /// <summary>Benjamini and Hochberg's step-up adjustment: bounds the share of false findings (JRSS B 57, 1995).</summary>
    /// <param name="pValues">Unadjusted p values in any order.</param>
    /// <returns>Adjusted p values in the same order.</returns>
    public static double[] BenjaminiHochberg(IReadOnlyList<double> pValues)
    {
        var order = Order(pValues);
        var adjusted = new double[pValues.Count];
        var smallest = 1.0;
        for (var i = order.Length - 1; i >= 0; i--)
        {
            smallest = Math.Min(smallest, pValues[order[i]] * order.Length / (i + 1));
            adjusted[order[i]] = smallest;
        }

        return adjusted;
    }

    private static int[] Order(IReadOnlyList<double> pValues)
    {
        foreach (var p in pValues)
        {
            if (p is not (>= 0 and <= 1))
            {
                throw new ArgumentOutOfRangeException(nameof(pValues), p, "A p value lies in [0, 1].");
            }
        }

        return [.. Enumerable.Range(0, pValues.Count).OrderBy(i => pValues[i])];
    }
}
