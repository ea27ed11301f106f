namespace Bench.Suites.Cab.Metrics;

/// <summary>
/// Errors of forecasts on standardised data, over all windows, steps and channels: every number weighs the same, as in the Informer code that CAB calls
/// (arXiv:2012.07436).
/// </summary>
public sealed class ForecastError
{
    private double _squares;
    private double _absolutes;
    private long _count;

    /// <summary>Mean squared error so far; lower is better. NaN before the first number.</summary>
    public double MeanSquared => _squares / _count;

    /// <summary>Mean absolute error so far; lower is better. NaN before the first number.</summary>
    public double MeanAbsolute => _absolutes / _count;

    /// <summary>Adds numbers.</summary>
    /// <exception cref="ArgumentException">There are not as many forecasts as true values.</exception>
    public void Add(ReadOnlySpan<float> forecast, ReadOnlySpan<float> truth)
    {
        if (forecast.Length != truth.Length)
        {
            throw new ArgumentException($"There are {forecast.Length} forecasts for {truth.Length} true values.", nameof(forecast));
        }

        for (var i = 0; i < forecast.Length; i++)
        {
            var difference = (double)forecast[i] - truth[i];
            _squares += difference * difference;
            _absolutes += Math.Abs(difference);
        }

        _count += forecast.Length;
    }
}
