namespace Bench.Suites.Cab.Metrics;

/// <summary>
/// A model that knows only how often each token occurs, one more than was counted: what a language model reaches without any context.
/// </summary>
public sealed class UnigramModel
{
    private readonly double[] _nats;

    /// <summary>Counts tokens.</summary>
    /// <param name="train">Tokens to count.</param>
    /// <param name="vocabulary">V: tokens are 0 … V − 1.</param>
    public UnigramModel(ReadOnlySpan<int> train, int vocabulary)
    {
        var counts = new long[vocabulary];
        foreach (var token in train)
        {
            counts[token]++;
        }

        var all = Math.Log(train.Length + (double)vocabulary);
        _nats = Array.ConvertAll(counts, count => all - Math.Log(count + 1));
    }

    /// <summary>Sum of the negative natural log-likelihoods of tokens.</summary>
    public double Nats(ReadOnlySpan<long> tokens)
    {
        double sum = 0;
        foreach (var token in tokens)
        {
            sum += _nats[token];
        }

        return sum;
    }
}
