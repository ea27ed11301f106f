namespace Bench.Domain.Analysis;

/// <summary>Linear agreement of two lists of numbers.</summary>
public static class PearsonCorrelation
{
    /// <summary>Pairs below which a coefficient says nothing: two points always lie on a line.</summary>
    public const int LeastPairs = 3;

    /// <summary>Pearson's coefficient, from −1 to 1; null below <see cref="LeastPairs"/> pairs or where a side is constant.</summary>
    /// <param name="x">Numbers of the first list.</param>
    /// <param name="y">Numbers of the same things in the second.</param>
    /// <exception cref="ArgumentException">The lists have different lengths.</exception>
    public static double? Of(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        if (x.Count != y.Count)
        {
            throw new ArgumentException($"Two lists of the same things are needed; given {x.Count} and {y.Count} numbers.");
        }

        if (x.Count < LeastPairs)
        {
            return null;
        }

        double meanX = x.Average(), meanY = y.Average(), both = 0, first = 0, second = 0;
        for (var i = 0; i < x.Count; i++)
        {
            double a = x[i] - meanX, b = y[i] - meanY;
            (both, first, second) = (both + (a * b), first + (a * a), second + (b * b));
        }

        return first == 0 || second == 0 ? null : Math.Clamp(both / Math.Sqrt(first * second), -1, 1);
    }
}
