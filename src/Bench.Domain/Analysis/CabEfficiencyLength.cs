using Bench.Domain.Randomness;

namespace Bench.Domain.Analysis;

/// <summary>
/// CAB's published protocol: a parabola through the baseline at all lengths, a line through the implementation (for time without the first
/// length), and the larger of the two lengths at which they meet.
/// </summary>
/// <remarks>
/// Zhang et al., "CAB", arXiv:2210.07661, and Shark-NLP/CAB scripts/efficiency_length. The figure can lie where no measured curve crosses;
/// show
/// it only beside the measured one.
/// </remarks>
public static class CabEfficiencyLength
{
    /// <summary>Name of the protocol.</summary>
    public const string Protocol = "cab";

    /// <summary>Fits and intersects two curves. Only measured lengths count; failed ones are left out of the fits.</summary>
    /// <param name="baseline">Vanilla attention.</param>
    /// <param name="method">The implementation.</param>
    /// <param name="quantity">Time drops the first length of the line; memory does not. A repeated time counts as its inter-quartile
    /// mean.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <param name="resamples">Resampled fits for the interval.</param>
    public static EfficiencyLength Of(
        CostCurve baseline, CostCurve method, CostQuantity quantity, long seed, int resamples = MedianInterval.Resamples)
    {
        double Value(double[] repetitions) =>
            quantity == CostQuantity.Time ? Quantiles.InterQuartileMean(repetitions) : Quantiles.MedianInPlace(repetitions);

        var parabola = baseline.Points.Where(point => point.Outcome == CostOutcome.Measured).ToList();
        var line = method.Points.Where(point => point.Outcome == CostOutcome.Measured).ToList();
        var common = line.Select(point => point.Length).Intersect(parabola.Select(point => point.Length)).Order().ToList();
        var result = new EfficiencyLength
        {
            Implementation = method.Implementation,
            Protocol = Protocol,
            Range = common.Count > 0 ? (common[0], common[^1]) : (0, 0),
        };
        if (quantity == CostQuantity.Time && line.Count > 0)
        {
            line.RemoveAt(0);
        }

        if (parabola.Count < 3 || line.Count < 2)
        {
            return result with
            {
                Note = $"The fits need three lengths of the baseline and two of the line; there are {parabola.Count} and "
                + $"{line.Count}."
            };
        }

        var (roots, rSquared) = Intersect(parabola, line, point => Value([.. point.Pooled]));
        result = result with { RSquared = rSquared, Crossings = roots };
        if (roots.Count == 0)
        {
            return result with { Note = "The fitted parabola opens downwards or never meets the line, so the protocol gives no length." };
        }

        return result with { Value = roots[^1], Interval = Bootstrap(parabola, line, Value, seed, resamples) };
    }

    /// <summary>The roots in ascending order, at most two, and R² of the line.</summary>
    private static (IReadOnlyList<double> Roots, double RSquared) Intersect(
        List<CostPoint> parabola, List<CostPoint> line, Func<CostPoint, double> value)
    {
        var vanilla = LeastSquares.Quadratic([.. parabola.Select(point => (double)point.Length)], [.. parabola.Select(value)]);
        var efficient = LeastSquares.Line([.. line.Select(point => (double)point.Length)], [.. line.Select(value)]);
        var (linear, constant) = (vanilla.B - efficient.Slope, vanilla.C - efficient.Intercept);
        var discriminant = (linear * linear) - (4 * vanilla.A * constant);
        if (!(vanilla.A > 0) || discriminant < 0)
        {
            return ([], efficient.RSquared);
        }

        var root = Math.Sqrt(discriminant);
        return ([(-linear - root) / (2 * vanilla.A), (-linear + root) / (2 * vanilla.A)], efficient.RSquared);
    }

    /// <summary>Percentiles of refitted roots; null without repetitions, or when some resamples have no root.</summary>
    private static Interval? Bootstrap(List<CostPoint> parabola, List<CostPoint> line, Func<double[], double> value, long seed, int resamples)
    {
        if (!parabola.Concat(line).All(point => point.HasRepetitions))
        {
            return null;
        }

        var random = new CounterRandom(seed);
        var lengths = new double[resamples];
        for (var r = 0; r < resamples; r++)
        {
            var (roots, _) = Intersect(parabola, line, point => value(CostResample.Draw(point, random)));
            if (roots.Count == 0)
            {
                return null;
            }

            lengths[r] = roots[^1];
        }

        return Interval.OfPercentiles(lengths, 0.95);
    }
}

/// <summary>One bootstrap draw of the repetitions at a length: processes first, then repetitions.</summary>
internal static class CostResample
{
    public static double[] Draw(CostPoint point, CounterRandom random)
    {
        var drawn = new List<double>(point.Pooled.Count);
        for (var p = 0; p < point.Processes.Count; p++)
        {
            var process = point.Processes.Count == 1 ? point.Processes[0] : point.Processes[random.Next(point.Processes.Count)];
            for (var i = 0; i < process.Count; i++)
            {
                drawn.Add(process[random.Next(process.Count)]);
            }
        }

        return [.. drawn];
    }
}
