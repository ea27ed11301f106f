namespace Bench.Domain.Analysis;

/// <summary>Quantiles, the median, and the inter-quartile mean of CAB's timing protocol.</summary>
public static class Quantiles
{
    /// <summary>The p-quantile by linear interpolation between order statistics (type 7 of Hyndman and Fan, 1996).</summary>
    /// <param name="sorted">Values in ascending order, at least one.</param>
    /// <param name="p">Share of values below, in [0, 1].</param>
    public static double OfSorted(ReadOnlySpan<double> sorted, double p)
    {
        ThrowIfEmpty(sorted.Length);
        ArgumentOutOfRangeException.ThrowIfNegative(p);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(p, 1);
        var position = p * (sorted.Length - 1);
        var index = (int)position;
        return index + 1 < sorted.Length
            ? sorted[index] + ((position - index) * (sorted[index + 1] - sorted[index]))
            : sorted[index];
    }

    /// <summary>The p-quantile of values in any order.</summary>
    public static double Of(IReadOnlyList<double> values, double p) => OfSorted(Sorted(values), p);

    /// <summary>The middle value, or the mean of the two middle ones.</summary>
    public static double Median(IReadOnlyList<double> values) => MedianInPlace([.. values]);

    /// <summary>
    /// CAB's value of one length: quartiles with midpoint interpolation, values outside them dropped, the rest averaged; values equal to
    /// a quartile stay (Shark-NLP/CAB, scripts/efficiency_length; arXiv:2210.07661). Two values have none between their quartiles and give
    /// their
    /// mean.
    /// </summary>
    public static double InterQuartileMean(IReadOnlyList<double> values)
    {
        var sorted = Sorted(values);
        var (lower, upper) = (Midpoint(sorted, 0.25), Midpoint(sorted, 0.75));
        var kept = sorted.Where(value => lower <= value && value <= upper).ToList();
        return kept.Count > 0 ? kept.Average() : sorted.Average();
    }

    /// <summary>The p-quantile that takes the mean of the two neighbours wherever it falls between them.</summary>
    internal static double Midpoint(double[] sorted, double p)
    {
        ThrowIfEmpty(sorted.Length);
        var position = p * (sorted.Length - 1);
        return (sorted[(int)Math.Floor(position)] + sorted[(int)Math.Ceiling(position)]) / 2;
    }

    /// <summary>The p-quantile of <see cref="OfSorted"/> in expected linear time; reorders the values.</summary>
    internal static double OfInPlace(Span<double> values, double p)
    {
        ThrowIfEmpty(values.Length);
        var position = p * (values.Length - 1);
        var index = (int)position;
        var lower = Select(values, index);
        if (index + 1 >= values.Length)
        {
            return lower;
        }

        // After selection everything right of the index is at least as large, so the next value in order is its minimum.
        var upper = values[index + 1];
        foreach (var value in values[(index + 1)..])
        {
            upper = Math.Min(upper, value);
        }

        return lower + ((position - index) * (upper - lower));
    }

    /// <summary>The median in expected linear time; reorders the values.</summary>
    internal static double MedianInPlace(Span<double> values)
    {
        ThrowIfEmpty(values.Length);
        var middle = values.Length / 2;
        var upper = Select(values, middle);
        if (values.Length % 2 == 1)
        {
            return upper;
        }

        // After selection everything left of the middle is at most as large, so the lower middle value is its maximum.
        var lower = values[0];
        foreach (var value in values[..middle])
        {
            lower = Math.Max(lower, value);
        }

        return (lower + upper) / 2;
    }

    private static double Select(Span<double> values, int rank)
    {
        var (low, high) = (0, values.Length - 1);
        while (low < high)
        {
            var pivot = values[low + ((high - low) / 2)];
            var (left, right) = (low, high);
            while (left <= right)
            {
                while (values[left] < pivot)
                {
                    left++;
                }

                while (values[right] > pivot)
                {
                    right--;
                }

                if (left <= right)
                {
                    (values[left], values[right]) = (values[right], values[left]);
                    left++;
                    right--;
                }
            }

            if (rank <= right)
            {
                high = right;
            }
            else if (rank >= left)
            {
                low = left;
            }
            else
            {
                break;
            }
        }

        return values[rank];
    }

    private static double[] Sorted(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values];
        Array.Sort(sorted);
        return sorted;
    }

    private static void ThrowIfEmpty(int count)
    {
        if (count == 0)
        {
            throw new ArgumentException("A quantile of no values does not exist. Give at least one.");
        }
    }
}
