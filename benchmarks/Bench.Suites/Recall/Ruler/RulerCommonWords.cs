using System.Text.RegularExpressions;
using Bench.Domain.Randomness;

namespace Bench.Suites.Recall.Ruler;

/// <summary>Parameters of common-word extraction.</summary>
public sealed record RulerCommonWordsOptions
{
    /// <summary>Words to find.</summary>
    public int CommonWords { get; init; } = 10;

    /// <summary>How often each of them occurs.</summary>
    public int CommonCount { get; init; } = 30;

    /// <summary>How often every other word occurs.</summary>
    public int UncommonCount { get; init; } = 3;

    /// <summary>Words of prompt and answer together; below 4096 the counts are 6 and 1.</summary>
    public int Length { get; init; } = 4096;

    /// <summary>Words kept free for the answer.</summary>
    public int AnswerWords { get; init; } = 120;
}

/// <summary>A numbered list in which ten words are frequent: which ones?</summary>
/// <remarks>
/// Common-word extraction of RULER, arXiv:2404.06654. The worked example that precedes the authors' prompts is accepted and not needed.
/// </remarks>
public sealed partial class RulerCommonWords : RulerTask
{
    private const int ShortLength = 4096;
    private readonly RulerCommonWordsOptions _options;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">Common words are not more frequent than others, or do not fit.</exception>
    public RulerCommonWords(RulerCommonWordsOptions options)
    {
        _options = options.Length < ShortLength ? options with { CommonCount = 6, UncommonCount = 1 } : options;
        if (_options.CommonWords < 1 || _options.CommonCount <= _options.UncommonCount || Uncommon < 1)
        {
            throw new ArgumentException(
                $"{_options.CommonWords} words {_options.CommonCount} times do not fit into {_options.Length}, or are not the most "
                    + "frequent.", nameof(options));
        }
    }

    /// <inheritdoc />
    public override string Name => "ruler-common-words";

    /// <summary>Other words that fit; every list entry is a number and a word.</summary>
    private int Uncommon =>
        (((_options.Length - _options.AnswerWords - 40) / 2) - (_options.CommonWords * _options.CommonCount)) / _options.UncommonCount;

    /// <inheritdoc />
    public override RulerPrompt Generate(long seed, long row)
    {
        var random = new CounterRandom(seed, row);
        var words = RulerWords.Distinct(_options.CommonWords + Uncommon, () => RulerWords.Word(random) + RulerWords.Word(random));
        var list = words.SelectMany((word, i) => Enumerable.Repeat(word, i < _options.CommonWords ? _options.CommonCount : _options.UncommonCount)).ToArray();
        random.Shuffle<string>(list);
        return new RulerPrompt(
            $"Some words of the following numbered list are more frequent than the others. Remember these.\n"
            + $"{string.Join(' ', list.Select((word, i) => $"{i + 1}. {word}"))}\nQuestion: Which {_options.CommonWords} words are the "
            + "most frequent of the list?",
            $" Answer: The {_options.CommonWords} most frequent words of the list are:",
            words[.._options.CommonWords]);
    }

    /// <inheritdoc />
    public override string? Violation(RulerPrompt prompt)
    {
        // A worked example has a list of its own; the last one counts.
        var start = ListStart().Matches(prompt.Input).LastOrDefault();
        if (start is null)
        {
            return "There is no numbered list.";
        }

        var entries = EntryPattern().Matches(prompt.Input[start.Index..].Split("\nQuestion", 2)[0]).ToList();
        if (entries.Where((entry, i) => entry.Groups["number"].Value != (i + 1).ToString(System.Globalization.CultureInfo.InvariantCulture)).Any())
        {
            return "The list is not numbered through.";
        }

        var counts = entries.GroupBy(entry => entry.Groups["word"].Value).ToDictionary(group => group.Key, group => group.Count());
        var common = counts.Where(pair => pair.Value == _options.CommonCount).Select(pair => pair.Key).Order(StringComparer.Ordinal).ToList();
        if (common.Count != _options.CommonWords || counts.Values.Any(count => count != _options.CommonCount && count != _options.UncommonCount))
        {
            return $"{common.Count} words occur {_options.CommonCount} times instead of {_options.CommonWords}, or one occurs neither "
                + $"{_options.CommonCount} "
                + $"nor {_options.UncommonCount} times.";
        }

        return common.SequenceEqual(prompt.Outputs.Order(StringComparer.Ordinal))
            ? TooLong(prompt, _options.Length, _options.AnswerWords)
            : $"The most frequent words are {string.Join(", ", common)}, but given as {string.Join(", ", prompt.Outputs)}.";
    }

    [GeneratedRegex(@"(?<=^|\n)1\. ")]
    private static partial Regex ListStart();

    [GeneratedRegex(@"(?<number>\d+)\. (?<word>\S+)")]
    private static partial Regex EntryPattern();
}
