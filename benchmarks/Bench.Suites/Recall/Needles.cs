using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>Parameters of needles at token level.</summary>
public sealed record NeedlesOptions
{
    /// <summary>V: three markers, then keys, values and hay in equal parts.</summary>
    public int VocabularySize { get; init; } = 1024;

    /// <summary>L.</summary>
    public int Length { get; init; } = 256;

    /// <summary>Keys in the haystack.</summary>
    public int Keys { get; init; } = 1;

    /// <summary>Values of every key, in order of appearance; all are asked.</summary>
    public int ValuesPerKey { get; init; } = 1;

    /// <summary>Keys that are asked, at most the keys.</summary>
    public int Queries { get; init; } = 1;

    /// <summary>Share of the haystack before the only needle, 0 … 1, for a map over depths; null puts needles anywhere.</summary>
    public double? Depth { get; init; }
}

/// <summary>
/// Needles [mark, key, value] in a haystack of meaningless tokens; at the end [ask, key] with the values to be written behind it. The twin
/// of
/// RULER's needles for models that are trained here: same structure, ids instead of words, exact match.
/// </summary>
/// <remarks>Structure of RULER, arXiv:2404.06654, and of gkamradt/LLMTest_NeedleInAHaystack.</remarks>
public sealed class Needles : TokenTask
{
    private const int Mark = 0;
    private const int Ask = 1;
    private const int FirstKey = 3;
    private const int NeedleLength = 3;
    private readonly NeedlesOptions _options;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">No room for needles and questions, or a depth for several needles.</exception>
    public Needles(NeedlesOptions options)
    {
        _options = options;
        if (options.Keys < 1 || options.ValuesPerKey < 1 || options.Queries < 1 || options.Queries > options.Keys || Part < options.Keys * options.ValuesPerKey
            || Hay < 0)
        {
            throw new ArgumentException(
                $"{options.Keys} keys with {options.ValuesPerKey} value(s) and {options.Queries} queries do not fit a length of "
                    + $"{options.Length} or a "
                + $"vocabulary of {options.VocabularySize}.", nameof(options));
        }

        if (options.Depth is { } depth && (NeedleCount > 1 || depth is < 0 or > 1))
        {
            throw new ArgumentException("A depth from 0 to 1 places one needle; leave it out for several.", nameof(options));
        }
    }

    /// <inheritdoc />
    public override string Name => "needles";

    /// <inheritdoc />
    public override int VocabularySize => _options.VocabularySize;

    /// <inheritdoc />
    public override int Length => _options.Length;

    /// <summary>Keys, values and hay each take this many ids.</summary>
    private int Part => (_options.VocabularySize - FirstKey) / 3;

    private int FirstValue => FirstKey + Part;

    private int FirstHay => FirstKey + (2 * Part);

    private int NeedleCount => _options.Keys * _options.ValuesPerKey;

    /// <summary>Tokens of a question: ask, key, and all values but the last.</summary>
    private int QuestionLength => 1 + _options.ValuesPerKey;

    private int QuestionStart => _options.Length - (_options.Queries * QuestionLength);

    private int Hay => QuestionStart - (NeedleCount * NeedleLength);

    private protected override void Fill(CounterRandom random, TokenRow row)
    {
        var keys = random.Distinct(FirstKey, FirstValue, _options.Keys);
        var values = random.Distinct(FirstValue, FirstHay, NeedleCount);
        foreach (ref var token in row.Inputs)
        {
            token = random.Next(FirstHay, FirstHay + Part);
        }

        var order = random.Distinct(0, NeedleCount, NeedleCount);
        var starts = _options.Depth is { } depth ? [(int)Math.Round(depth * Hay)] : Starts(random);
        var inOrder = keys.ToDictionary(key => key, _ => new List<int>());
        for (var i = 0; i < NeedleCount; i++)
        {
            var (key, value) = (keys[order[i] / _options.ValuesPerKey], values[order[i]]);
            (row.Inputs[starts[i]], row.Inputs[starts[i] + 1], row.Inputs[starts[i] + 2]) = (Mark, key, value);
            inOrder[key].Add(value);
        }

        var asked = random.Distinct(0, keys.Length, _options.Queries);
        for (var query = 0; query < asked.Length; query++)
        {
            var start = QuestionStart + (query * QuestionLength);
            var answers = inOrder[keys[asked[query]]];
            (row.Inputs[start], row.Inputs[start + 1]) = (Ask, keys[asked[query]]);
            for (var i = 0; i < answers.Count; i++)
            {
                row.Labels[start + 1 + i] = answers[i];
                if (i + 1 < answers.Count)
                {
                    row.Inputs[start + 2 + i] = answers[i];
                }
            }
        }
    }

    private protected override string? BrokenLaw(TokenSample sample)
    {
        var bound = new Dictionary<int, List<int>>();
        for (var i = 0; i < QuestionStart; i++)
        {
            if (sample.Inputs[i] != Mark)
            {
                if (sample.Inputs[i] < FirstHay)
                {
                    return $"The token {sample.Inputs[i]} at {i} is neither hay nor part of a needle.";
                }

                continue;
            }

            var (key, value) = i + 2 < QuestionStart ? (sample.Inputs[i + 1], sample.Inputs[i + 2]) : (0, 0);
            if (key < FirstKey || key >= FirstValue || value < FirstValue || value >= FirstHay)
            {
                return $"The needle at {i} ({key}, {value}) has a key or value of the wrong range.";
            }

            if (!bound.TryGetValue(key, out var list))
            {
                bound[key] = list = [];
            }

            list.Add(value);
            i += 2;
        }

        return bound.Count != _options.Keys || bound.Values.Any(list => list.Count != _options.ValuesPerKey)
            ? $"There are {bound.Count} keys instead of {_options.Keys}, or one has not {_options.ValuesPerKey} value(s)."
            : BrokenQuestions(sample, bound);
    }

    private string? BrokenQuestions(TokenSample sample, Dictionary<int, List<int>> bound)
    {
        var expected = new int[Length];
        Array.Fill(expected, TokenBatch.NotScored);
        for (var start = QuestionStart; start < Length; start += QuestionLength)
        {
            if (sample.Inputs[start] != Ask || !bound.Remove(sample.Inputs[start + 1], out var answers)
                || !sample.Inputs.Slice(start + 2, answers.Count - 1).SequenceEqual(answers.ToArray().AsSpan(..^1)))
            {
                return $"The question at {start} asks for no key of the haystack, or its values do not follow.";
            }

            answers.CopyTo(expected, start + 1);
        }

        return Differs(sample.Labels, expected);
    }

    /// <summary>Ascending starts of needles that do not touch each other's tokens.</summary>
    private int[] Starts(CounterRandom random)
    {
        var gaps = random.Distinct(0, Hay + NeedleCount, NeedleCount);
        Array.Sort(gaps);
        return [.. gaps.Select((gap, i) => gap + (i * (NeedleLength - 1)))];
    }
}
