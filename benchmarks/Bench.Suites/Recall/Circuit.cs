using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>Which function of a sequence is asked for.</summary>
public enum CircuitKind
{
    /// <summary>Random bits, then token 2: is the number of ones odd?</summary>
    Parity,

    /// <summary>Random bits, then token 2: are more than half of them one?</summary>
    Majority,

    /// <summary>Random tokens 1 … V − 1, then token 0: which one is most frequent?</summary>
    VocabularyMajority,

    /// <summary>Random bits: at every position, is the number of ones so far odd?</summary>
    CumulativeParity,

    /// <summary>Random bits: at every position, are at least half of the bits so far one?</summary>
    CumulativeMajority,
}

/// <summary>Parameters of a counting circuit.</summary>
public sealed record CircuitOptions
{
    /// <summary>The function.</summary>
    public required CircuitKind Kind { get; init; }

    /// <summary>L, the question at the end included where there is one.</summary>
    public int Length { get; init; } = 64;

    /// <summary>V of <see cref="CircuitKind.VocabularyMajority"/>; the others have 3 (with question) or 2 tokens.</summary>
    public int VocabularySize { get; init; } = 16;
}

/// <summary>Counting without recall: parity and majority, at the end or at every position.</summary>
/// <remarks>HazyResearch/zoology, zoology/data/circuits.py.</remarks>
public sealed class Circuit : TokenTask
{
    private readonly CircuitOptions _options;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">A length below two, or too small a vocabulary.</exception>
    public Circuit(CircuitOptions options)
    {
        if (options.Length < 2 || (options.Kind == CircuitKind.VocabularyMajority && options.VocabularySize < 3))
        {
            throw new ArgumentException("A circuit needs at least two tokens, and vocabulary majority two symbols beside 0.", nameof(options));
        }

        _options = options;
    }

    /// <inheritdoc />
    public override string Name => _options.Kind switch
    {
        CircuitKind.Parity => "parity",
        CircuitKind.Majority => "majority",
        CircuitKind.VocabularyMajority => "vocabulary-majority",
        CircuitKind.CumulativeParity => "cumulative-parity",
        _ => "cumulative-majority",
    };

    /// <inheritdoc />
    public override int VocabularySize => _options.Kind == CircuitKind.VocabularyMajority ? _options.VocabularySize : IsCumulative ? 2 : 3;

    /// <inheritdoc />
    public override int Length => _options.Length;

    private bool IsCumulative => _options.Kind is CircuitKind.CumulativeParity or CircuitKind.CumulativeMajority;

    private int Question => _options.Kind == CircuitKind.VocabularyMajority ? 0 : 2;

    private protected override void Fill(CounterRandom random, TokenRow row)
    {
        var body = IsCumulative ? row.Inputs : row.Inputs[..^1];
        foreach (ref var token in body)
        {
            token = _options.Kind == CircuitKind.VocabularyMajority ? random.Next(1, VocabularySize) : random.Next(2);
        }

        if (IsCumulative)
        {
            Cumulate(body, row.Labels);
            return;
        }

        row.Inputs[^1] = Question;
        if (_options.Kind == CircuitKind.VocabularyMajority)
        {
            BreakTie(random, body);
        }

        row.Labels[^1] = Answer(body);
    }

    private protected override string? BrokenLaw(TokenSample sample)
    {
        var expected = new int[Length];
        if (IsCumulative)
        {
            Cumulate(sample.Inputs, expected);
            return Differs(sample.Labels, expected);
        }

        var body = sample.Inputs[..^1];
        if (sample.Inputs[^1] != Question || body.Contains(Question))
        {
            return $"The question {Question} must stand at the end and nowhere else.";
        }

        if (_options.Kind == CircuitKind.VocabularyMajority && Winners(body).Count > 1)
        {
            return "Two tokens are equally frequent, so there is no answer.";
        }

        Array.Fill(expected, TokenBatch.NotScored);
        expected[^1] = Answer(body);
        return Differs(sample.Labels, expected);
    }

    private int Answer(ReadOnlySpan<int> body) => _options.Kind switch
    {
        CircuitKind.Parity => body.Count(1) % 2,
        CircuitKind.Majority => 2 * body.Count(1) > body.Length ? 1 : 0,
        _ => Winners(body)[0],
    };

    private void Cumulate(ReadOnlySpan<int> bits, Span<int> labels)
    {
        var ones = 0;
        for (var i = 0; i < bits.Length; i++)
        {
            ones += bits[i];
            labels[i] = _options.Kind == CircuitKind.CumulativeParity ? ones % 2 : 2 * ones >= i + 1 ? 1 : 0;
        }
    }

    private List<int> Winners(ReadOnlySpan<int> body)
    {
        var counts = new int[VocabularySize];
        foreach (var token in body)
        {
            counts[token]++;
        }

        var most = counts.Max();
        return [.. Enumerable.Range(0, counts.Length).Where(token => counts[token] == most)];
    }

    /// <summary>Turns tokens that are not a winner into one winner until it is alone.</summary>
    private void BreakTie(CounterRandom random, Span<int> body)
    {
        while (Winners(body) is { Count: > 1 } winners)
        {
            var winner = winners[random.Next(winners.Count)];
            var position = random.Next(body.Length);
            if (body[position] != winner)
            {
                body[position] = winner;
            }
        }
    }
}
