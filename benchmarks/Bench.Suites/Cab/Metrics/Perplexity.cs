namespace Bench.Suites.Cab.Metrics;

/// <summary>Perplexity: e to the mean negative log-likelihood of tokens. (fairseq prints 2 to the mean in bits, which is the same number.)</summary>
public sealed class Perplexity
{
    private double _nats;
    private long _tokens;

    /// <summary>Of the tokens so far; NaN without any.</summary>
    public double Value => Math.Exp(_nats / _tokens);

    /// <summary>Tokens so far.</summary>
    public long Tokens => _tokens;

    /// <summary>Adds tokens.</summary>
    /// <param name="nats">Sum of their negative natural log-likelihoods.</param>
    /// <param name="tokens">How many.</param>
    public void Add(double nats, long tokens)
    {
        _nats += nats;
        _tokens += tokens;
    }

    /// <summary>
    /// Perplexity on <paramref name="test"/> of a model that knows only how often each token stands in <paramref name="train"/> (one is added to every
    /// count): what a model reaches without any context.
    /// </summary>
    /// <param name="train">Tokens to count.</param>
    /// <param name="test">Tokens to predict.</param>
    /// <param name="vocabulary">V: tokens are 0 … V − 1.</param>
    public static double OfUnigrams(ReadOnlySpan<int> train, ReadOnlySpan<int> test, int vocabulary)
    {
        var counts = new long[vocabulary];
        foreach (var token in train)
        {
            counts[token]++;
        }

        var (perplexity, all) = (new Perplexity(), Math.Log(train.Length + (double)vocabulary));
        foreach (var token in test)
        {
            perplexity.Add(all - Math.Log(counts[token] + 1), 1);
        }

        return perplexity.Value;
    }
}
