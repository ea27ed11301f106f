using Bench.Domain.Randomness;

namespace Bench.Suites.Lra;

/// <summary>Parameters of <see cref="SharedTokens"/>.</summary>
public sealed record SharedTokensOptions
{
    /// <summary>Tokens that every document uses; ids 1 … Common.</summary>
    public int Common { get; init; } = 64;

    /// <summary>R: tokens that documents are about; ids behind the common ones.</summary>
    public int Rare { get; init; } = 16;

    /// <summary>k: different rare tokens in a document.</summary>
    public int Shared { get; init; } = 2;

    /// <summary>How often each of them stands in it.</summary>
    public int Repeats { get; init; } = 4;

    /// <summary>L: tokens of a document.</summary>
    public int Length { get; init; } = 256;
}

/// <summary>
/// The matching task: two documents of common tokens with some rare ones in random places. Class 1 when both have the same rare tokens, class
/// 0 when they have none in common. Which tokens are rare says nothing by itself; only the comparison does.
/// </summary>
public sealed class SharedTokens
{
    private readonly SharedTokensOptions _options;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">Two disjoint sets do not fit into the rare tokens, or the marks not into a document.</exception>
    public SharedTokens(SharedTokensOptions options) =>
        _options = options.Common >= 1 && options.Shared >= 1 && options.Repeats >= 1 && options.Rare >= 2 * options.Shared
            && options.Shared * options.Repeats <= options.Length
            ? options
            : throw new ArgumentException(
                $"Two disjoint sets of {options.Shared} tokens must fit into {options.Rare} rare ones, and {options.Shared} · {options.Repeats} marks into "
                    + $"{options.Length} tokens.",
                nameof(options));

    /// <summary>Ids, padding 0 included.</summary>
    public int VocabularySize => 1 + _options.Common + _options.Rare;

    /// <summary>The pair of a row; classes alternate.</summary>
    public DocumentPair Row(long row)
    {
        var (random, label) = (new CounterRandom(LraData.SplitSeed, row), (int)(row % 2));
        var rare = Enumerable.Range(1 + _options.Common, _options.Rare).ToArray();
        for (var i = 0; i < 2 * _options.Shared; i++)
        {
            var j = i + random.Next(rare.Length - i);
            (rare[i], rare[j]) = (rare[j], rare[i]);
        }

        var (own, other) = (rare[.._options.Shared], rare[_options.Shared..(2 * _options.Shared)]);
        return new DocumentPair(Document(random, own), Document(random, label == 1 ? own : other), label);
    }

    private int[] Document(CounterRandom random, int[] rare)
    {
        var tokens = new int[_options.Length];
        for (var i = 0; i < tokens.Length; i++)
        {
            tokens[i] = 1 + random.Next(_options.Common);
        }

        var places = Enumerable.Range(0, tokens.Length).ToArray();
        for (var i = 0; i < rare.Length * _options.Repeats; i++)
        {
            var j = i + random.Next(places.Length - i);
            (places[i], places[j]) = (places[j], places[i]);
            tokens[places[i]] = rare[i % rare.Length];
        }

        return tokens;
    }
}
