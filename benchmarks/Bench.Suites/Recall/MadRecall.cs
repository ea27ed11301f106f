using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>Parameters of MAD's in-context recall; noisy where a noise vocabulary is given.</summary>
public sealed record MadRecallOptions
{
    /// <summary>V, noise tokens and copy prefix included.</summary>
    public int VocabularySize { get; init; } = 16;

    /// <summary>Tokens before the shift that makes labels from inputs; even.</summary>
    public int SequenceLength { get; init; } = 128;

    /// <summary>Tokens at the end of the vocabulary that only occur in noise pairs.</summary>
    public int NoiseVocabulary { get; init; }

    /// <summary>Probability that a pair is noise.</summary>
    public double NoiseShare { get; init; }

    /// <summary>Whether every key seen before is scored, or only the one behind a copy prefix at the end.</summary>
    public bool MultiQuery { get; init; } = true;

    /// <summary>Training rows are scored everywhere (the next token), test rows only at answers.</summary>
    public bool Training { get; init; }
}

/// <summary>Key-value pairs in random order with repetitions: whenever a key returns, its value is predictable.</summary>
/// <remarks>Poli et al., MAD, arXiv:2403.17844; athms/mad-lab, mad/data/instances.py.</remarks>
public sealed class MadRecall : TokenTask
{
    private readonly MadRecallOptions _options;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">An odd length, or no key or value left beside the noise tokens.</exception>
    public MadRecall(MadRecallOptions options)
    {
        _options = options;
        if (options.SequenceLength % 2 != 0 || options.SequenceLength < 4 || Symbols < 4 || options.NoiseShare is < 0 or >= 1
            || (options.NoiseShare > 0 && options.NoiseVocabulary < 1))
        {
            throw new ArgumentException(
                $"An even length of four or more, at least four symbols beside noise and prefix, and noise tokens for a noise share are "
                    + "needed; given length "
                + $"{options.SequenceLength}, {Symbols} symbols, share {options.NoiseShare} of {options.NoiseVocabulary} noise "
                + "tokens.", nameof(options));
        }
    }

    /// <inheritdoc />
    public override string Name => _options.NoiseShare > 0 ? "mad-noisy-in-context-recall" : "mad-in-context-recall";

    /// <inheritdoc />
    public override int VocabularySize => _options.VocabularySize;

    /// <inheritdoc />
    public override int Length => _options.MultiQuery ? _options.SequenceLength - 1 : _options.SequenceLength;

    /// <summary>Keys and values together: 0 … N/2 − 1 and N/2 … N − 1.</summary>
    private int Symbols => _options.VocabularySize - _options.NoiseVocabulary - (_options.MultiQuery ? 0 : 1);

    private int Keys => Symbols / 2;

    private int CopyPrefix => VocabularySize - 1;

    private int FirstNoise => Symbols;

    private int Pairs => (_options.SequenceLength / 2) - 1;

    private protected override void Fill(CounterRandom random, TokenRow row)
    {
        var tokens = new int[Length + 1];
        var values = new Dictionary<int, int>();
        var kept = random.Next(Pairs);
        for (var i = 0; i < Pairs; i++)
        {
            if (i != kept && _options.NoiseShare > 0 && random.NextDouble() < _options.NoiseShare)
            {
                (tokens[2 * i], tokens[(2 * i) + 1]) = (FirstNoise + random.Next(_options.NoiseVocabulary), FirstNoise + random.Next(_options.NoiseVocabulary));
                continue;
            }

            var key = random.Next(Keys);
            if (!values.TryGetValue(key, out var value))
            {
                values[key] = value = random.Next(Keys, Symbols);
            }

            (tokens[2 * i], tokens[(2 * i) + 1]) = (key, value);
        }

        if (!_options.MultiQuery)
        {
            tokens[^3] = CopyPrefix;
        }

        tokens[^2] = values.Keys.ElementAt(random.Next(values.Count));
        tokens[^1] = values[tokens[^2]];
        NextToken.Write(tokens, row.Inputs, row.Labels);
        if (!_options.Training)
        {
            KeepAnswers(tokens, row.Labels);
        }
    }

    private protected override string? BrokenLaw(TokenSample sample)
    {
        if (NextToken.Recover(sample, _options.Training, out var tokens) is { } broken)
        {
            return broken;
        }

        var bound = new Dictionary<int, int>();
        for (var i = 0; i < 2 * Pairs; i += 2)
        {
            var (first, second) = (tokens[i], tokens[i + 1]);
            if (IsNoise(first) && IsNoise(second))
            {
                continue;
            }

            if (first >= Keys || second < Keys || second >= Symbols || (bound.TryGetValue(first, out var value) && value != second))
            {
                return $"The pair at {i} ({first}, {second}) is neither noise nor a key with the value that it has all along.";
            }

            bound[first] = second;
        }

        if (!_options.MultiQuery && tokens[^3] != CopyPrefix)
        {
            return "The copy prefix does not stand before the last key.";
        }

        if (!bound.TryGetValue(tokens[^2], out var answer) || answer != tokens[^1])
        {
            return $"The last pair ({tokens[^2]}, {tokens[^1]}) was not shown before.";
        }

        var expected = tokens[1..];
        if (!_options.Training)
        {
            KeepAnswers(tokens, expected);
        }

        return Differs(sample.Labels, expected);
    }

    private bool IsNoise(int token) => token >= FirstNoise && token < FirstNoise + _options.NoiseVocabulary;

    /// <summary>Leaves labels only at keys that were seen before, or only the last one.</summary>
    private void KeepAnswers(ReadOnlySpan<int> tokens, Span<int> labels)
    {
        var seen = new HashSet<int>();
        for (var i = 0; i < labels.Length; i++)
        {
            var isLast = i == labels.Length - 1;
            var isRepeatedKey = _options.MultiQuery && i % 2 == 0 && !IsNoise(tokens[i]) && !seen.Add(tokens[i]);
            if (!isLast && !isRepeatedKey)
            {
                labels[i] = TokenBatch.NotScored;
            }
        }
    }
}
