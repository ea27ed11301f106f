namespace Bench.Domain.Analysis;

/// <summary>Student's t distribution: intervals of a mean over seeds, and the two-sample test.</summary>
public static class StudentT
{
    /// <summary>P(T ≤ t) with the given degrees of freedom.</summary>
    public static double Cdf(double t, double degrees)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(degrees);
        var tail = 0.5 * SpecialFunctions.IncompleteBeta(degrees / 2, 0.5, degrees / (degrees + (t * t)));
        return t > 0 ? 1 - tail : tail;
    }

    /// <summary>The t with P(T ≤ t) = p, p strictly between 0 and 1.</summary>
    public static double Quantile(double p, double degrees)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(p, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(p, 1);
        if (p < 0.5)
        {
            return -Quantile(1 - p, degrees);
        }

        var high = 1.0;
        while (Cdf(high, degrees) < p)
        {
            high *= 2;
        }

        return SpecialFunctions.Bisect(t => Cdf(t, degrees), p, 0, high);
    }

    /// <summary>Mean over seeds with the t interval of its error: mean ± t·s/√n.</summary>
    /// <param name="values">One value a seed, at least two.</param>
    /// <param name="level">Coverage, such as 0.95.</param>
    /// <exception cref="ArgumentException">Fewer than two values: the spread between seeds is unknown.</exception>
    public static Estimate MeanInterval(IReadOnlyList<double> values, double level = 0.95)
    {
        if (values.Count < 2)
        {
            throw new ArgumentException(
                $"An interval over seeds needs at least two seeds, but there is {values.Count}. Run more seeds.", nameof(values));
        }

        var mean = values.Average();
        var half = Quantile((1 + level) / 2, values.Count - 1) * StandardDeviation(values) / Math.Sqrt(values.Count);
        return new Estimate(mean, new Interval(mean - half, mean + half), values.Count);
    }

    /// <summary>Sample standard deviation, divided by count − 1.</summary>
    public static double StandardDeviation(IReadOnlyList<double> values)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1));
    }

    /// <summary>
    /// Two-sided p of the two-sample test with a common variance. The common variance lets a step be tested when only two points lie
    /// behind it.
    /// </summary>
    /// <returns>1 when both sides are constant and equal, 0 when they are constant and different.</returns>
    public static double TwoSamplePValue(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        var (meanX, squaresX) = Moments(x);
        var (meanY, squaresY) = Moments(y);
        var degrees = x.Length + y.Length - 2;
        if (degrees < 1)
        {
            return 1;
        }

        var error = Math.Sqrt((squaresX + squaresY) / degrees * ((1.0 / x.Length) + (1.0 / y.Length)));
        var difference = Math.Abs(meanX - meanY);
        // Differences below rounding of the means are no differences.
        if (difference <= 1e-13 * Math.Max(Math.Abs(meanX), Math.Abs(meanY)))
        {
            return 1;
        }

        return error == 0 ? 0 : 2 * Cdf(-difference / error, degrees);
    }

    private static (double Mean, double Squares) Moments(ReadOnlySpan<double> values)
    {
        double mean = 0, squares = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var delta = values[i] - mean;
            mean += delta / (i + 1);
            squares += delta * (values[i] - mean);
        }

        return (mean, squares);
    }
}
