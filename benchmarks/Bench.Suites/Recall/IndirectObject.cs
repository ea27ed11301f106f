using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>Parameters of indirect-object identification.</summary>
public sealed record IndirectObjectOptions
{
    /// <summary>Names to choose from.</summary>
    public int Names { get; init; } = 40;

    /// <summary>Places and, as many again, things.</summary>
    public int Nouns { get; init; } = 20;

    /// <summary>Complete sentences about other people before the one that breaks off.</summary>
    public int Distractors { get; init; }
}

/// <summary>"When A and B went to the place, A gave the thing to …": the name that stands only once is wanted, B.</summary>
/// <remarks>Wang et al., arXiv:2211.00593, in synthetic vocabulary; the giver is the first or the second name (ABAB and ABBA).</remarks>
public sealed class IndirectObject : TokenTask
{
    private const int When = 0;
    private const int And = 1;
    private const int Went = 2;
    private const int Gave = 3;
    private const int To = 4;
    private const int FirstName = 5;

    // when A and B went place, giver gave thing to receiver
    private const int SentenceLength = 11;
    private readonly IndirectObjectOptions _options;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">Too few names or nouns.</exception>
    public IndirectObject(IndirectObjectOptions options) => _options = options is { Nouns: >= 1, Distractors: >= 0 } && options.Names >= 2 * (options.Distractors + 1)
        ? options
        : throw new ArgumentException($"{options.Distractors + 1} sentences need {2 * (options.Distractors + 1)} names and a noun.", nameof(options));

    /// <inheritdoc />
    public override string Name => "indirect-object";

    /// <inheritdoc />
    public override int VocabularySize => FirstName + _options.Names + (2 * _options.Nouns);

    /// <inheritdoc />
    public override int Length => ((_options.Distractors + 1) * SentenceLength) - 1;

    private int FirstPlace => FirstName + _options.Names;

    private int FirstThing => FirstPlace + _options.Nouns;

    private protected override void Fill(CounterRandom random, TokenRow row)
    {
        var names = random.Distinct(FirstName, FirstPlace, 2 * (_options.Distractors + 1));
        var tokens = new List<int>(Length + 1);
        for (var i = 0; i < names.Length; i += 2)
        {
            var giver = random.Next(2);
            tokens.AddRange(
            [
                When, names[i], And, names[i + 1], Went, FirstPlace + random.Next(_options.Nouns),
                names[i + giver], Gave, FirstThing + random.Next(_options.Nouns), To, names[i + 1 - giver],
            ]);
        }

        tokens.Slice(0, Length).CopyTo(row.Inputs);
        row.Labels[^1] = tokens[^1];
    }

    private protected override string? BrokenLaw(TokenSample sample)
    {
        int[] tokens = [.. sample.Inputs, sample.Labels[^1]];
        var known = new HashSet<int>();
        for (var start = 0; start < tokens.Length; start += SentenceLength)
        {
            var s = tokens.AsSpan(start, SentenceLength);
            if (s[0] != When || s[2] != And || s[4] != Went || s[7] != Gave || s[9] != To || s[5] < FirstPlace || s[5] >= FirstThing || s[8] < FirstThing)
            {
                return $"The sentence at {start} has not the form 'when A and B went place A gave thing to B'.";
            }

            if (!IsName(s[1]) || !IsName(s[3]) || !known.Add(s[1]) || !known.Add(s[3]) || (s[6] != s[1] && s[6] != s[3]))
            {
                return $"The sentence at {start} names no two new people, or its giver is neither of them.";
            }

            var receiver = s[6] == s[1] ? s[3] : s[1];
            if (s[10] != receiver)
            {
                return $"The sentence at {start} ends with {s[10]}, but the name that stands once is {receiver}.";
            }
        }

        return sample.Labels[..^1].ContainsAnyExcept(TokenBatch.NotScored) ? "Only the last position is scored." : null;
    }

    private bool IsName(int token) => token >= FirstName && token < FirstPlace;
}
