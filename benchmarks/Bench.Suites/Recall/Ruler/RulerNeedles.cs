using System.Globalization;
using System.Text.RegularExpressions;
using Bench.Domain.Randomness;

namespace Bench.Suites.Recall.Ruler;

/// <summary>What surrounds the needles.</summary>
public enum RulerHaystack
{
    /// <summary>The same short sentences again and again.</summary>
    Noise,

    /// <summary>Other needles, whose keys are not asked.</summary>
    Needle,

    /// <summary>Prose that the caller gives.</summary>
    Essay,
}

/// <summary>What keys and values look like.</summary>
public enum RulerNeedleKind
{
    /// <summary>Two words joined by a hyphen.</summary>
    Words,

    /// <summary>Seven digits.</summary>
    Numbers,

    /// <summary>A version-4 UUID.</summary>
    Uuids,
}

/// <summary>Parameters of needles in a haystack.</summary>
public sealed record RulerNeedlesOptions
{
    /// <summary>What surrounds the needles.</summary>
    public RulerHaystack Haystack { get; init; }

    /// <summary>Form of keys.</summary>
    public RulerNeedleKind Keys { get; init; } = RulerNeedleKind.Words;

    /// <summary>Form of values.</summary>
    public RulerNeedleKind Values { get; init; } = RulerNeedleKind.Numbers;

    /// <summary>Keys in the text, at least as many as queries; raised to them.</summary>
    public int KeyCount { get; init; } = 1;

    /// <summary>Values of every key.</summary>
    public int ValueCount { get; init; } = 1;

    /// <summary>Keys that are asked.</summary>
    public int QueryCount { get; init; } = 1;

    /// <summary>Words of prompt and answer together.</summary>
    public int Length { get; init; } = 1024;

    /// <summary>Words kept free for the answer.</summary>
    public int AnswerWords { get; init; } = 128;

    /// <summary>Sentences of the essay haystack, repeated as needed.</summary>
    public IReadOnlyList<string> Essay { get; init; } = [];
}

/// <summary>Sentences that bind keys to values, hidden in a long text; some keys are asked at the end.</summary>
/// <remarks>NIAH of RULER, arXiv:2404.06654, after the needle-in-a-haystack test of gkamradt/LLMTest_NeedleInAHaystack.</remarks>
public sealed partial class RulerNeedles : RulerTask
{
    private readonly RulerNeedlesOptions _options;
    private readonly int _keyCount;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">No key or value, no prose for an essay, or no room for the needles.</exception>
    public RulerNeedles(RulerNeedlesOptions options)
    {
        _options = options;
        _keyCount = Math.Max(options.KeyCount, options.QueryCount);
        if (options.QueryCount < 1 || options.ValueCount < 1 || (options.Haystack == RulerHaystack.Essay && options.Essay.Count == 0))
        {
            throw new ArgumentException("Needles need a query, a value, and sentences for an essay haystack.", nameof(options));
        }

        if (Room(Compose(new CounterRandom(0), [])) < 0)
        {
            throw new ArgumentException($"A length of {options.Length} does not hold {_keyCount * options.ValueCount} needles and the "
                + "answer.", nameof(options));
        }
    }

    /// <inheritdoc />
    public override string Name => "ruler-needles";

    private string Noun => _options.Values switch
    {
        RulerNeedleKind.Words => "word",
        RulerNeedleKind.Numbers => "number",
        _ => "uuid",
    };

    /// <inheritdoc />
    public override RulerPrompt Generate(long seed, long row)
    {
        // The same stream twice: first without haystack, to see how much of it fits.
        var bare = Compose(new CounterRandom(seed, row), []);
        var haystack = Haystack(new CounterRandom(seed, row ^ (1L << 62)), Room(bare), bare.Input);
        return Compose(new CounterRandom(seed, row), haystack);
    }

    /// <inheritdoc />
    public override string? Violation(RulerPrompt prompt)
    {
        var needles = NeedlePattern().Matches(prompt.Input).Select(match => (Key: match.Groups["key"].Value, Value: match.Groups["value"].Value)).ToList();
        var question = QuestionPattern().Matches(prompt.Input).LastOrDefault();
        if (question is null)
        {
            return "There is no question for a key at the end.";
        }

        var asked = KeySeparator().Split(question.Groups["keys"].Value).Where(key => key.Length > 0).ToList();
        var expected = asked.SelectMany(key => needles.Where(needle => needle.Key == key).Select(needle => needle.Value)).ToList();
        if (asked.Count != _options.QueryCount || asked.Distinct().Count() != asked.Count
            || asked.Any(key => needles.Count(needle => needle.Key == key) != _options.ValueCount))
        {
            return $"{asked.Count} keys are asked instead of {_options.QueryCount}, or one has not {_options.ValueCount} value(s) in the "
                + "text.";
        }

        if (!expected.Order(StringComparer.Ordinal).SequenceEqual(prompt.Outputs.Order(StringComparer.Ordinal)))
        {
            return $"The answers are {string.Join(", ", expected)}, but given as {string.Join(", ", prompt.Outputs)}.";
        }

        if (needles.Any(needle => !Fits(needle.Key, _options.Keys) || !Fits(needle.Value, _options.Values)))
        {
            return $"A key is not of the form {_options.Keys}, or a value not {_options.Values}.";
        }

        var others = needles.Count - (_keyCount * _options.ValueCount);
        return _options.Haystack == RulerHaystack.Needle ? (others < 1 ? "The haystack has no other needles." : TooLong(prompt, _options.Length, _options.AnswerWords))
            : others != 0 ? $"There are {needles.Count} needles instead of {_keyCount * _options.ValueCount}."
            : TooLong(prompt, _options.Length, _options.AnswerWords);
    }

    private int Room(RulerPrompt bare) => _options.Length - _options.AnswerWords - bare.Words;

    private RulerPrompt Compose(CounterRandom random, List<string> haystack)
    {
        var keys = RulerWords.Distinct(_keyCount, () => Text(random, _options.Keys));
        var values = RulerWords.Distinct(_keyCount * _options.ValueCount, () => Text(random, _options.Values));
        var needles = values.Select((value, i) => Needle(keys[i / _options.ValueCount], value)).ToArray();
        random.Shuffle<string>(needles);
        var asked = keys.Take(_options.QueryCount).ToArray();
        random.Shuffle<string>(asked);

        // Needles take random lines among the haystack's.
        var places = random.Distinct(0, haystack.Count + needles.Length, needles.Length).ToHashSet();
        var (hay, hidden) = (new Queue<string>(haystack), new Queue<string>(needles));
        var lines = Enumerable.Range(0, haystack.Count + needles.Length).Select(i => places.Contains(i) ? hidden.Dequeue() : hay.Dequeue());
        var many = values.Count > 1 ? "s" : "";
        var names = asked.Length > 1 ? $"{string.Join(", ", asked[..^1])}, and {asked[^1]}" : asked[0];
        var question = $"Which special magic {Noun}{many} for {names} mentioned in the provided text?";
        return new RulerPrompt(
            $"Somewhere in this text special magic {Noun}{many} are bound to names. Remember them; a question "
                + $"follows.\n{string.Join('\n', lines)}\n{question}",
            $" The special magic {Noun}{many} for {names} mentioned in the provided text:",
            [.. asked.SelectMany(key => values.Skip(keys.IndexOf(key) * _options.ValueCount).Take(_options.ValueCount))]);
    }

    private List<string> Haystack(CounterRandom random, int words, string taken)
    {
        var lines = new List<string>();
        var seen = new HashSet<string>(NeedlePattern().Matches(taken).Select(match => match.Groups["key"].Value), StringComparer.Ordinal);
        while (true)
        {
            var line = _options.Haystack switch
            {
                RulerHaystack.Noise => RulerWords.Noise,
                RulerHaystack.Essay => _options.Essay[lines.Count % _options.Essay.Count],
                _ => Needle(RulerWords.Distinct(1, () => Text(random, _options.Keys)) is [var key] && seen.Add(key) ? key : null, Text(random, _options.Values)),
            };
            words -= RulerPrompt.CountWords(line);
            if (words < 0)
            {
                return lines;
            }

            if (line.Length > 0)
            {
                lines.Add(line);
            }
        }
    }

    /// <summary>The sentence of a pair; empty without a key.</summary>
    private string Needle(string? key, string value) => key is null ? "" : $"Among the special magic {Noun}s for {key} is: {value}.";

    private static string Text(CounterRandom random, RulerNeedleKind kind) => kind switch
    {
        RulerNeedleKind.Words => $"{RulerWords.Word(random)}-{RulerWords.Word(random)}",
        RulerNeedleKind.Numbers => RulerWords.Number(random, 7),
        _ => RulerWords.Uuid(random),
    };

    private static bool Fits(string text, RulerNeedleKind kind) => kind switch
    {
        RulerNeedleKind.Words => text.Contains('-', StringComparison.Ordinal) && text.All(c => c == '-' || char.IsLetter(c)),
        RulerNeedleKind.Numbers => text.Length == 7 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _),
        _ => Guid.TryParseExact(text, "D", out var uuid) && uuid.Version == 4,
    };

    [GeneratedRegex(@"special magic \w+ for (?<key>\S+) is: (?<value>\S+)\.")]
    private static partial Regex NeedlePattern();

    [GeneratedRegex(@"special magic \w+ for (?<keys>[^\n]+?) mentioned in the provided text\?")]
    private static partial Regex QuestionPattern();

    [GeneratedRegex(@",? and |, ")]
    private static partial Regex KeySeparator();
}
