using System.Text.RegularExpressions;
using Bench.Domain.Randomness;

namespace Bench.Suites.Recall.Ruler;

/// <summary>Parameters of frequent-word extraction.</summary>
public sealed record RulerFrequentWordsOptions
{
    /// <summary>α: a word of rank r occurs in proportion to r^(−α).</summary>
    public double Alpha { get; init; } = 2;

    /// <summary>Words of prompt and answer together; a fiftieth of it is the vocabulary.</summary>
    public int Length { get; init; } = 1024;

    /// <summary>Words kept free for the answer.</summary>
    public int AnswerWords { get; init; } = 50;
}

/// <summary>Coded words with Zipf frequencies, the most frequent replaced by dots: which are the next three?</summary>
/// <remarks>Frequent-word extraction of RULER, arXiv:2404.06654.</remarks>
public sealed partial class RulerFrequentWords : RulerTask
{
    private const string Dots = "...";
    private const int Asked = 3;
    private readonly RulerFrequentWordsOptions _options;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">So short or flat that the ranks asked for would be tied.</exception>
    public RulerFrequentWords(RulerFrequentWordsOptions options)
    {
        _options = options;
        var counts = Counts();
        // The dots, the words asked for, and the next one, which may be absent, must all differ in frequency.
        if (counts.Count < Asked + 1 || counts.Take(Asked + 2).Distinct().Count() < Math.Min(counts.Count, Asked + 2))
        {
            throw new ArgumentException($"A length of {options.Length} with α = {options.Alpha} leaves the first ranks tied.", nameof(options));
        }
    }

    /// <inheritdoc />
    public override string Name => "ruler-frequent-words";

    /// <inheritdoc />
    public override RulerPrompt Generate(long seed, long row)
    {
        var random = new CounterRandom(seed, row);
        var counts = Counts();
        var words = RulerWords.Distinct(counts.Count, () => RulerWords.Letters(random, 6, 'a'));
        words[0] = Dots;
        var text = words.SelectMany((word, rank) => Enumerable.Repeat(word, counts[rank])).ToArray();
        random.Shuffle<string>(text);
        return new RulerPrompt(
            $"Count how often each word of this coded text occurs, dots left aside: {string.Join(' ', text)}\n"
            + "Question: Which are the three most frequent coded words, dots left aside?",
            " Answer: The three most frequent coded words are:",
            words[1..(Asked + 1)]);
    }

    /// <inheritdoc />
    public override string? Violation(RulerPrompt prompt)
    {
        var counts = CodedText(prompt.Input).GroupBy(word => word).Select(group => (Word: group.Key, Count: group.Count()))
            .OrderByDescending(pair => pair.Count).ToList();
        if (counts.Count < Asked + 1 || counts[0].Word != Dots)
        {
            return "The text has too few coded words, or dots are not the most frequent.";
        }

        // Some constant C must give every count as floor(C·r^(−α)).
        var lowest = counts.Select((pair, i) => pair.Count * Math.Pow(i + 1, _options.Alpha)).Max();
        var highest = counts.Select((pair, i) => (pair.Count + 1) * Math.Pow(i + 1, _options.Alpha)).Min();
        if (lowest >= highest)
        {
            return $"The counts {string.Join(", ", counts.Take(6).Select(pair => pair.Count))}, … do not fall with rank to the power "
                + $"−{_options.Alpha}.";
        }

        var expected = counts.Skip(1).Take(Asked).Select(pair => pair.Word).ToList();
        return expected.SequenceEqual(prompt.Outputs)
            ? TooLong(prompt, _options.Length, _options.AnswerWords)
            : $"The most frequent words are {string.Join(", ", expected)}, but given as {string.Join(", ", prompt.Outputs)}.";
    }

    /// <summary>Occurrences of every rank.</summary>
    private List<int> Counts()
    {
        var words = _options.Length - _options.AnswerWords - 40;
        var zeta = Enumerable.Range(1, 100_000).Sum(r => Math.Pow(r, -_options.Alpha));
        return [.. Enumerable.Range(1, Math.Max(1, _options.Length / 50)).Select(r => (int)(words * Math.Pow(r, -_options.Alpha) / zeta)).TakeWhile(count => count > 0)];
    }

    /// <summary>The longest run of dots and six-letter codes: instructions have other words and punctuation in between.</summary>
    private static List<string> CodedText(string input)
    {
        List<string> best = [], run = [];
        foreach (var word in input.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            if (word == Dots || CodePattern().IsMatch(word))
            {
                run.Add(word);
            }
            else
            {
                best = run.Count > best.Count ? run : best;
                run = [];
            }
        }

        return run.Count > best.Count ? run : best;
    }

    [GeneratedRegex("^[a-z]{6}$")]
    private static partial Regex CodePattern();
}
