using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>Parameters of MAD's fuzzy recall.</summary>
public sealed record MadFuzzyRecallOptions
{
    /// <summary>V, padding and copy prefix included.</summary>
    public int VocabularySize { get; init; } = 16;

    /// <summary>L: tokens of a row.</summary>
    public int Length { get; init; } = 128;

    /// <summary>Most tokens of a key; test keys always have that many.</summary>
    public int KeyMotif { get; init; } = 3;

    /// <summary>Most tokens of a value.</summary>
    public int ValueMotif { get; init; } = 3;

    /// <summary>Whether every key seen before is scored, or only the one behind a copy prefix at the end.</summary>
    public bool MultiQuery { get; init; } = true;

    /// <summary>Training rows are scored everywhere (the next token), test rows only at answers.</summary>
    public bool Training { get; init; }

    /// <summary>
    /// Whether a row is accepted whose last key was never shown, so that its answer can only be guessed. The authors' generator makes a
    /// few; ours
    /// makes none.
    /// </summary>
    public bool AcceptUnseenProbe { get; init; }
}

/// <summary>Recall with keys and values of several tokens, so that a key must be put together before it can be looked up.</summary>
/// <remarks>
/// Poli et al., MAD, arXiv:2403.17844; athms/mad-lab, mad/data/instances.py. Keys and values use disjoint symbols, so runs of them
/// alternate
/// and can be read without separators. A probe pair is planted once and asked at the end; padding stands on the left.
/// </remarks>
public sealed class MadFuzzyRecall : TokenTask
{
    private readonly MadFuzzyRecallOptions _options;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">Too few symbols for motifs without repetition, or too short a row.</exception>
    public MadFuzzyRecall(MadFuzzyRecallOptions options)
    {
        _options = options;
        if (options.KeyMotif < 1 || options.ValueMotif < 1 || Keys < options.KeyMotif || Symbols - Keys < options.ValueMotif
            || options.Length < 3 * (options.KeyMotif + options.ValueMotif))
        {
            throw new ArgumentException(
                $"Motifs of {options.KeyMotif} and {options.ValueMotif} tokens without repetition do not fit {Symbols} symbols or a "
                    + $"length of {options.Length}.",
                nameof(options));
        }
    }

    /// <inheritdoc />
    public override string Name => "mad-fuzzy-in-context-recall";

    /// <inheritdoc />
    public override int VocabularySize => _options.VocabularySize;

    /// <inheritdoc />
    public override int Length => _options.Length;

    private int Symbols => _options.VocabularySize - (_options.MultiQuery ? 1 : 2);

    private int Keys => Symbols / 2;

    private int Padding => Symbols;

    private int CopyPrefix => VocabularySize - 1;

    private protected override void Fill(CounterRandom random, TokenRow row)
    {
        var values = new Dictionary<string, int[]>(StringComparer.Ordinal);
        int[] Pair()
        {
            var key = Motif(random, 0, Keys, _options.Training ? 1 + random.Next(_options.KeyMotif) : _options.KeyMotif);
            var name = string.Join(' ', key);
            if (!values.TryGetValue(name, out var value))
            {
                values[name] = value = Motif(random, Keys, Symbols, 1 + random.Next(_options.ValueMotif));
            }

            return [.. key, .. value];
        }

        var probe = Pair();
        var pairs = new List<int[]> { probe };
        var room = Length + 1 - (2 * probe.Length) - (_options.MultiQuery ? 0 : 1);
        while (room >= _options.KeyMotif + _options.ValueMotif)
        {
            var pair = Pair();
            pairs.Add(pair);
            room -= pair.Length;
        }

        // The probe takes a random place among the others, which were drawn after it.
        var place = random.Next(pairs.Count);
        (pairs[0], pairs[place]) = (pairs[place], pairs[0]);
        int[] tokens =
        [
            .. Enumerable.Repeat(Padding, room), .. pairs.SelectMany(pair => pair), .. _options.MultiQuery ? Array.Empty<int>() : [CopyPrefix], .. probe,
        ];
        NextToken.Write(tokens, row.Inputs, row.Labels);
        if (!_options.Training)
        {
            Parse(tokens, out var answers);
            KeepAnswers(answers, row.Labels);
        }
    }

    private protected override string? BrokenLaw(TokenSample sample)
    {
        if ((NextToken.Recover(sample, _options.Training, out var tokens) ?? Parse(tokens, out var answers)) is { } broken)
        {
            return broken;
        }

        Parse(tokens, out answers);
        var expected = tokens[1..];
        if (!_options.Training)
        {
            KeepAnswers(answers, expected);
        }

        return Differs(sample.Labels, expected);
    }

    private static int[] Motif(CounterRandom random, int from, int to, int size) => random.Distinct(from, to, size);

    private static void KeepAnswers(HashSet<int> answers, Span<int> labels)
    {
        for (var i = 0; i < labels.Length; i++)
        {
            if (!answers.Contains(i + 1))
            {
                labels[i] = TokenBatch.NotScored;
            }
        }
    }

    /// <summary>
    /// Reads key and value runs; collects the places of value tokens to predict: the last, and those whose key was shown before.
    /// </summary>
    /// <returns>What is wrong, or null.</returns>
    private string? Parse(ReadOnlySpan<int> tokens, out HashSet<int> answers)
    {
        answers = [];
        var bound = new Dictionary<string, string>(StringComparer.Ordinal);
        var i = 0;
        while (i < tokens.Length && tokens[i] == Padding)
        {
            i++;
        }

        var wasShown = false;
        while (i < tokens.Length)
        {
            var isAsked = !_options.MultiQuery && tokens[i] == CopyPrefix;
            i += isAsked ? 1 : 0;
            var keyStart = i;
            i = End(tokens, i, 0, Keys);
            var valueStart = i;
            i = End(tokens, i, Keys, Symbols);
            var (key, value) = (Text(tokens[keyStart..valueStart]), Text(tokens[valueStart..i]));
            var keySize = valueStart - keyStart;
            if (keySize < (_options.Training ? 1 : _options.KeyMotif) || keySize > _options.KeyMotif || i - valueStart < 1 || i - valueStart > _options.ValueMotif)
            {
                return $"At {keyStart} stand {keySize} key and {i - valueStart} value tokens.";
            }

            wasShown = bound.TryGetValue(key, out var before);
            if (wasShown && before != value)
            {
                return $"The key '{key}' at {keyStart} has the value '{value}', but had '{before}' before.";
            }

            if (isAsked && i < tokens.Length)
            {
                return "The copy prefix may stand only before the last key.";
            }

            if (!_options.MultiQuery && i == tokens.Length && !isAsked)
            {
                return "The copy prefix does not stand before the last key.";
            }

            bound[key] = value;
            if (i == tokens.Length || (wasShown && _options.MultiQuery))
            {
                answers.UnionWith(Enumerable.Range(valueStart, i - valueStart));
            }
        }

        return wasShown || _options.AcceptUnseenProbe ? null : "The last key was not shown before.";

        static int End(ReadOnlySpan<int> tokens, int from, int lowest, int bound)
        {
            while (from < tokens.Length && tokens[from] >= lowest && tokens[from] < bound)
            {
                from++;
            }

            return from;
        }

        static string Text(ReadOnlySpan<int> tokens) => string.Join(' ', tokens.ToArray());
    }
}
