namespace Bench.Domain.Analysis;

/// <summary>A place in a history where the level changed.</summary>
/// <param name="Index">Index of the first value of the new level.</param>
/// <param name="Before">Mean of the segment before.</param>
/// <param name="After">Mean of the segment after.</param>
/// <param name="PValue">Two-sided p of the t-test between the two segments.</param>
public readonly record struct ChangePoint(int Index, double Before, double After, double PValue)
{
    /// <summary>Change relative to the level before; +0.05 is five per cent more.</summary>
    public double RelativeChange => (After / Before) - 1;
}

/// <summary>How <see cref="ChangePoints"/> searches.</summary>
public sealed record ChangePointOptions
{
    /// <summary>Values that are searched at once; windows overlap by half.</summary>
    public int Window { get; init; } = 50;

    /// <summary>p below which a split is a candidate.</summary>
    public double CandidateP { get; init; } = 0.01;

    /// <summary>p below which a candidate stays in the end.</summary>
    public double FinalP { get; init; } = 0.001;

    /// <summary>Smallest relative change worth a report: max(2 %, three times the noise floor of the agent).</summary>
    public double MinimumMagnitude { get; init; } = 0.02;

    /// <summary>Histories shorter than this are not judged.</summary>
    public int MinimumHistory { get; init; } = 8;

    /// <summary>Options for an agent whose repeated identical runs differ by this relative noise.</summary>
    public static ChangePointOptions ForNoise(double noiseFloor) => new() { MinimumMagnitude = Math.Max(0.02, 3 * noiseFloor) };
}

/// <summary>
/// Finds level changes in a history: candidate splits by the energy statistic (arXiv:1306.4933), tested by a t-test so that the result is
/// deterministic, then the weakest dropped until every one passes the strict test (arXiv:2301.03034).
/// </summary>
public static class ChangePoints
{
    /// <summary>Every change of a history, in order. A change found late may lie far back.</summary>
    /// <param name="history">Values in commit or version order.</param>
    /// <param name="options">Search settings; null for the defaults.</param>
    public static IReadOnlyList<ChangePoint> Find(IReadOnlyList<double> history, ChangePointOptions? options = null)
    {
        options ??= new ChangePointOptions();
        double[] values = [.. history];
        if (values.Length < options.MinimumHistory)
        {
            return [];
        }

        var candidates = new SortedSet<int>();
        var step = Math.Max(1, options.Window / 2);
        for (var start = 0; start == 0 || start + step < values.Length; start += step)
        {
            Split(values, start, Math.Min(values.Length, start + options.Window), options.CandidateP, candidates);
        }

        return Merge(values, [.. candidates], options);
    }

    /// <summary>The energy distance Q between two parts, scaled by n·m/(n + m).</summary>
    /// <param name="x">Left part, at least two values.</param>
    /// <param name="y">Right part, at least two values.</param>
    public static double Energy(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double n = x.Length, m = y.Length, between = 0;
        foreach (var a in x)
        {
            foreach (var b in y)
            {
                between += Math.Abs(a - b);
            }
        }

        return n * m / (n + m) * ((2 / (n * m) * between) - (Within(x) / (n * (n - 1) / 2)) - (Within(y) / (m * (m - 1) / 2)));

        static double Within(ReadOnlySpan<double> part)
        {
            var sum = 0.0;
            for (var i = 0; i < part.Length; i++)
            {
                for (var j = 0; j < i; j++)
                {
                    sum += Math.Abs(part[i] - part[j]);
                }
            }

            return sum;
        }
    }

    private static void Split(double[] values, int start, int end, double p, SortedSet<int> found)
    {
        if (end - start < 4)
        {
            return;
        }

        var (left, split, right) = Best(values.AsSpan(start, end - start));
        if (split < 0 || StudentT.TwoSamplePValue(values.AsSpan(start + left, split - left), values.AsSpan(start + split, right - split)) > p)
        {
            return;
        }

        found.Add(start + split);
        Split(values, start, start + split, p, found);
        Split(values, start + split, end, p, found);
    }

    /// <summary>The split with the largest energy over all left and right ends; −1 when every value is the same.</summary>
    private static (int Left, int Split, int Right) Best(ReadOnlySpan<double> values)
    {
        var n = values.Length;
        // Area sums of |x_i − x_j| make every energy O(1).
        var area = new double[n + 1, n + 1];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                area[i + 1, j + 1] = Math.Abs(values[i] - values[j]) + area[i, j + 1] + area[i + 1, j] - area[i, j];
            }
        }

        var (best, result) = (0.0, (0, -1, n));
        for (var split = 2; split <= n - 2; split++)
        {
            for (var left = 0; left <= split - 2; left++)
            {
                for (var right = split + 2; right <= n; right++)
                {
                    double a = split - left, b = right - split;
                    var between = area[split, right] - area[left, right] - area[split, split] + area[left, split];
                    var inLeft = (area[split, split] - area[left, split] - area[split, left] + area[left, left]) / 2;
                    var inRight = (area[right, right] - area[split, right] - area[right, split] + area[split, split]) / 2;
                    var energy = a * b / (a + b) * ((2 / (a * b) * between) - (inLeft / (a * (a - 1) / 2)) - (inRight / (b * (b - 1) / 2)));
                    if (energy > best * (1 + 1e-12))
                    {
                        (best, result) = (energy, (left, split, right));
                    }
                }
            }
        }

        return result;
    }

    private static List<ChangePoint> Merge(double[] values, List<int> splits, ChangePointOptions options)
    {
        while (true)
        {
            var changes = splits.Select((_, i) => Describe(values, splits, i)).ToList();
            var weakest = changes.Where(change => change.PValue > options.FinalP).OrderByDescending(change => change.PValue).Take(1)
                .Concat(changes.Where(change => !(Math.Abs(change.RelativeChange) >= options.MinimumMagnitude))
                    .OrderBy(change => Math.Abs(change.RelativeChange)).Take(1))
                .ToList();
            if (weakest.Count == 0)
            {
                return changes;
            }

            // Dropping one lengthens its neighbours' segments, which can lift them above the bar: so one at a time.
            splits.Remove(weakest[0].Index);
        }
    }

    private static ChangePoint Describe(double[] values, List<int> splits, int i)
    {
        var (start, split, end) = (i > 0 ? splits[i - 1] : 0, splits[i], i + 1 < splits.Count ? splits[i + 1] : values.Length);
        ReadOnlySpan<double> before = values.AsSpan(start, split - start), after = values.AsSpan(split, end - split);
        return new ChangePoint(split, Mean(before), Mean(after), StudentT.TwoSamplePValue(before, after));
    }

    private static double Mean(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum / values.Length;
    }
}
