namespace Bench.Suites.Cab.Metrics;

/// <summary>How much better a model is than a baseline, item by item.</summary>
public sealed class PairedGain
{
    private readonly List<double> _gains = [];

    /// <summary>Items.</summary>
    public int Count => _gains.Count;

    /// <summary>Mean gain; positive where the model is better.</summary>
    public double Mean => _gains.Average();

    /// <summary>Half the width of the 95 % interval of the mean gain, by the normal approximation; 0 with one item.</summary>
    public double HalfWidth
    {
        get
        {
            var mean = Mean;
            return Count < 2 ? 0 : 1.959964 * Math.Sqrt(_gains.Sum(gain => (gain - mean) * (gain - mean)) / (Count - 1) / Count);
        }
    }

    /// <summary>Adds an item.</summary>
    /// <param name="gain">How much better the model is on it.</param>
    public void Add(double gain) => _gains.Add(gain);

    /// <summary>Adds what was found to a list of numbers: <c>gain</c> and <c>gainHalfWidth</c>.</summary>
    public void AddTo(IDictionary<string, double> numbers)
    {
        numbers["gain"] = Mean;
        numbers["gainHalfWidth"] = HalfWidth;
    }
}
