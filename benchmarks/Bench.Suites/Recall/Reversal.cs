using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>Which facts are shown.</summary>
public enum ReversalSplit
{
    /// <summary>Training paraphrases in the trained directions.</summary>
    Train,

    /// <summary>Held-out paraphrases in the trained direction.</summary>
    TestSameDirection,

    /// <summary>Held-out paraphrases in the direction that was not trained.</summary>
    TestReversed,
}

/// <summary>Parameters of the reversal curse.</summary>
public sealed record ReversalOptions
{
    /// <summary>What is generated.</summary>
    public ReversalSplit Split { get; init; }

    /// <summary>Pairs of each of the three groups: name to description, description to name, both.</summary>
    public int PairsPerGroup { get; init; } = 30;

    /// <summary>Training paraphrases.</summary>
    public int TrainTemplates { get; init; } = 30;

    /// <summary>Held-out paraphrases.</summary>
    public int TestTemplates { get; init; } = 10;

    /// <summary>Tokens of a description.</summary>
    public int DescriptionTokens { get; init; } = 3;

    /// <summary>Seed of the facts, shared by all splits.</summary>
    public long FactSeed { get; init; } = 42;
}

/// <summary>
/// Facts in the weights, learned in one direction and asked in the other: causal models that learned "a is b" fail at "b is ?". Rows are
/// [paraphrase, direction, given, is, wanted].
/// </summary>
/// <remarks>
/// Berglund et al., arXiv:2309.12288; groups, numbers of pairs and paraphrases of lukasberglund/reversal_curse, ids instead of words. A
/// name is one
/// token; a description is several, no two alike.
/// </remarks>
public sealed class Reversal : TokenTask
{
    private const int Forward = 0;
    private const int Backward = 1;
    private const int Is = 2;
    private const int Padding = 3;
    private const int FirstTemplate = 4;
    private readonly ReversalOptions _options;
    private readonly int[][] _descriptions;

    /// <summary>The task with its facts.</summary>
    /// <exception cref="ArgumentException">No pairs, paraphrases or description tokens.</exception>
    public Reversal(ReversalOptions options)
    {
        if (options.PairsPerGroup < 1 || options.TrainTemplates < 1 || options.TestTemplates < 1 || options.DescriptionTokens < 1)
        {
            throw new ArgumentException("Reversal needs pairs, paraphrases for training and test, and descriptions.", nameof(options));
        }

        _options = options;
        // Each token belongs to one description, as names and descriptions are disjoint in the original.
        var tokens = new CounterRandom(options.FactSeed, -1).Distinct(FirstDescription, VocabularySize, Pairs * options.DescriptionTokens);
        _descriptions = [.. tokens.Chunk(options.DescriptionTokens)];
    }

    /// <inheritdoc />
    public override string Name => "reversal";

    /// <inheritdoc />
    public override int VocabularySize => FirstDescription + (Pairs * _options.DescriptionTokens);

    /// <inheritdoc />
    public override int Length => 3 + (2 * _options.DescriptionTokens);

    private int Pairs => 3 * _options.PairsPerGroup;

    private int FirstTestTemplate => FirstTemplate + _options.TrainTemplates;

    private int FirstNameToken => FirstTestTemplate + _options.TestTemplates;

    private int FirstDescription => FirstNameToken + Pairs;

    private protected override void Fill(CounterRandom random, TokenRow row)
    {
        // Pairs of the third group are trained in both directions, so nothing of them can be asked reversed.
        var pair = random.Next(_options.Split == ReversalSplit.TestReversed ? 2 * _options.PairsPerGroup : Pairs);
        var trainedForward = (pair / _options.PairsPerGroup) switch
        {
            0 => true,
            1 => false,
            _ => random.Next(2) == 0,
        };
        var isForward = trainedForward != (_options.Split == ReversalSplit.TestReversed);
        int[] name = [FirstNameToken + pair], description = _descriptions[pair];
        int[] given = isForward ? name : description, wanted = isForward ? description : name;
        var template = _options.Split == ReversalSplit.Train
            ? random.Next(FirstTemplate, FirstTestTemplate)
            : random.Next(FirstTestTemplate, FirstNameToken);
        int[] tokens = [template, isForward ? Forward : Backward, .. given, Is, .. wanted[..^1]];
        row.Inputs.Fill(Padding);
        tokens.CopyTo(row.Inputs);
        wanted.CopyTo(row.Labels[(2 + given.Length)..]);
    }

    private protected override string? BrokenLaw(TokenSample sample)
    {
        var isTrain = _options.Split == ReversalSplit.Train;
        if (sample.Inputs[0] < (isTrain ? FirstTemplate : FirstTestTemplate) || sample.Inputs[0] >= (isTrain ? FirstTestTemplate : FirstNameToken)
            || sample.Inputs[1] is not (Forward or Backward))
        {
            return "The row does not begin with a paraphrase of its split and a direction.";
        }

        var isForward = sample.Inputs[1] == Forward;
        var pair = isForward ? sample.Inputs[2] - FirstNameToken : PairOf(sample.Inputs.Slice(2, _options.DescriptionTokens));
        if (pair < 0 || pair >= Pairs)
        {
            return "What is given is neither a name nor a description.";
        }

        var (group, isReversed) = (pair / _options.PairsPerGroup, _options.Split == ReversalSplit.TestReversed);
        if (group == 2 ? isReversed : group == 0 == (isForward == isReversed))
        {
            return $"Pair {pair} may not be asked in this direction here.";
        }

        int[] wanted = isForward ? _descriptions[pair] : [FirstNameToken + pair];
        var question = isForward ? 3 : 2 + _options.DescriptionTokens;
        int[] tail = [Is, .. wanted[..^1]];
        if (!sample.Inputs.Slice(question, tail.Length).SequenceEqual(tail) || sample.Inputs[(question + tail.Length)..].ContainsAnyExcept(Padding))
        {
            return "The question is not followed by the answer and padding.";
        }

        int[] expected = [.. Enumerable.Repeat(TokenBatch.NotScored, question), .. wanted,
            .. Enumerable.Repeat(TokenBatch.NotScored, Length - question - wanted.Length)];
        return Differs(sample.Labels, expected);
    }

    private int PairOf(ReadOnlySpan<int> description)
    {
        for (var pair = 0; pair < _descriptions.Length; pair++)
        {
            if (description.SequenceEqual(_descriptions[pair]))
            {
                return pair;
            }
        }

        return -1;
    }
}
