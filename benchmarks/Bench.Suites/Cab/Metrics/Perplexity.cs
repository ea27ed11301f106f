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
}
