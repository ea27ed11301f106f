using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>Parameters of single-query associative recall.</summary>
public sealed record AssociativeRecallOptions
{
    /// <summary>
    /// V: 0 is unused here, V − 1 the prefix; the first half of the symbols between them are keys, the second half values.
    /// </summary>
    public int VocabularySize { get; init; } = 20;

    /// <summary>Tokens of the pairs, cut down to whole ones.</summary>
    public int SequenceLength { get; init; } = 40;

    /// <summary>Key tokens per pair.</summary>
    public int KeyTokens { get; init; } = 1;

    /// <summary>Training rows are scored everywhere (the next token), test rows only at the end.</summary>
    public bool Training { get; init; }
}

/// <summary>Key-value pairs under one map per row, then a prefix and a key that occurred: its value is asked.</summary>
/// <remarks>
/// Fu et al., H3, arXiv:2212.14052; HazyResearch/safari, src/dataloaders/synthetics.py. Ids follow the authors' string-sorted vocabulary.
/// </remarks>
public sealed class AssociativeRecall : TokenTask
{
    private readonly AssociativeRecallOptions _options;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">No room for a pair, or no symbols.</exception>
    public AssociativeRecall(AssociativeRecallOptions options) =>
        _options = options.VocabularySize >= 4 && options.KeyTokens >= 1 && options.SequenceLength >= options.KeyTokens + 1
            ? options
            : throw new ArgumentException(
                $"A sequence of {options.SequenceLength} does not hold a pair of {options.KeyTokens} key tokens and a value, or there are "
                    + "no symbols.", nameof(options));

    /// <inheritdoc />
    public override string Name => "associative-recall";

    /// <inheritdoc />
    public override int VocabularySize => _options.VocabularySize;

    /// <inheritdoc />
    public override int Length => (Pairs * Stride) + 1 + _options.KeyTokens;

    private int Stride => _options.KeyTokens + 1;

    private int Pairs => _options.SequenceLength / Stride;

    private int Prefix => VocabularySize - 1;

    private int FirstValue => 1 + ((VocabularySize - 2) / 2);

    private protected override void Fill(CounterRandom random, TokenRow row)
    {
        var tokens = new int[Length + 1];
        var map = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var pair = 0; pair < Pairs; pair++)
        {
            var key = tokens.AsSpan(pair * Stride, _options.KeyTokens);
            foreach (ref var token in key)
            {
                token = random.Next(1, FirstValue);
            }

            if (!map.TryGetValue(Text(key), out var value))
            {
                map[Text(key)] = value = random.Next(FirstValue, Prefix);
            }

            tokens[(pair * Stride) + _options.KeyTokens] = value;
        }

        tokens[Pairs * Stride] = Prefix;
        tokens.AsSpan(random.Next(Pairs) * Stride, Stride).CopyTo(tokens.AsSpan((Pairs * Stride) + 1));
        NextToken.Write(tokens, row.Inputs, row.Labels);
        if (!_options.Training)
        {
            row.Labels[..^1].Fill(TokenBatch.NotScored);
        }
    }

    private protected override string? BrokenLaw(TokenSample sample)
    {
        if (NextToken.Recover(sample, _options.Training, out var tokens) is { } broken)
        {
            return broken;
        }

        var map = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var start = 0; start < Pairs * Stride; start += Stride)
        {
            var key = tokens.AsSpan(start, _options.KeyTokens);
            var value = tokens[start + _options.KeyTokens];
            if (key.ContainsAnyExceptInRange(1, FirstValue - 1) || value < FirstValue || value >= Prefix
                || (map.TryGetValue(Text(key), out var before) && before != value))
            {
                return $"The pair at {start} has a key or value of the wrong range, or another value than before.";
            }

            map[Text(key)] = value;
        }

        if (tokens[Pairs * Stride] != Prefix || !map.TryGetValue(Text(tokens.AsSpan((Pairs * Stride) + 1, _options.KeyTokens)), out var answer)
            || answer != tokens[^1])
        {
            return "The prefix is missing, or the asked key never occurred, or its value is another.";
        }

        return _options.Training || !sample.Labels[..^1].ContainsAnyExcept(TokenBatch.NotScored) ? null : "Only the last position of a "
            + "test row is scored.";
    }

    private static string Text(ReadOnlySpan<int> tokens) => string.Join(' ', tokens.ToArray());
}
