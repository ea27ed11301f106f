namespace Bench.Domain.Analysis;

/// <summary>A closed interval of plausible values; 95 % unless its maker says otherwise.</summary>
/// <param name="Lower">Lower end.</param>
/// <param name="Upper">Upper end, never below <paramref name="Lower"/>.</param>
public readonly record struct Interval(double Lower, double Upper)
{
    /// <summary>Distance between the ends.</summary>
    public double Width => Upper - Lower;

    /// <summary>Whether the value lies inside or on an end.</summary>
    public bool Contains(double value) => Lower <= value && value <= Upper;

    /// <summary>Whether this interval lies inside the other one.</summary>
    public bool IsWithin(Interval other) => other.Lower <= Lower && Upper <= other.Upper;

    /// <summary>Whether the two have a point in common.</summary>
    public bool Overlaps(Interval other) => Lower <= other.Upper && other.Lower <= Upper;

    /// <summary>The middle part of a set of resampled statistics: its (1 − level)/2 and (1 + level)/2 quantiles.</summary>
    /// <param name="statistics">Resampled values; sorted in place.</param>
    /// <param name="level">Share of them inside, such as 0.95.</param>
    public static Interval OfPercentiles(double[] statistics, double level)
    {
        Array.Sort(statistics);
        return new Interval(
            Quantiles.OfSorted(statistics, (1 - level) / 2),
            Quantiles.OfSorted(statistics, (1 + level) / 2));
    }
}

/// <summary>A number with its interval and the count of observations behind it.</summary>
/// <param name="Value">Point estimate.</param>
/// <param name="Interval">Plausible values.</param>
/// <param name="Count">Observations used.</param>
public readonly record struct Estimate(double Value, Interval Interval, int Count)
{
    /// <summary>Lower end of the interval.</summary>
    public double Lower => Interval.Lower;

    /// <summary>Upper end of the interval.</summary>
    public double Upper => Interval.Upper;
}
