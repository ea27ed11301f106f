using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>Parameters of MAD's memorisation.</summary>
public sealed record MadMemorizationOptions
{
    /// <summary>V: keys, values, and the insert token V − 1.</summary>
    public int VocabularySize { get; init; } = 256;

    /// <summary>L: even; every second token asks for a value.</summary>
    public int Length { get; init; } = 32;

    /// <summary>Seed of the fixed map, shared by train and test.</summary>
    public long MapSeed { get; init; } = 12345;
}

/// <summary>Facts in the weights: a fixed map from keys to values that never appears in the input and must be learned.</summary>
/// <remarks>Poli et al., MAD, arXiv:2403.17844; athms/mad-lab, mad/data/instances.py.</remarks>
public sealed class MadMemorization : TokenTask
{
    private readonly MadMemorizationOptions _options;
    private readonly IReadOnlyDictionary<int, int> _map;

    /// <summary>The task with the map of its seed.</summary>
    public MadMemorization(MadMemorizationOptions options)
        : this(options, RandomMap(options))
    {
    }

    /// <summary>The task with a given map; keys outside it are never asked.</summary>
    /// <param name="options">Sizes.</param>
    /// <param name="map">Value of every key; different keys have different values.</param>
    /// <exception cref="ArgumentException">An odd length, or a map with wrong ranges or repeated values.</exception>
    public MadMemorization(MadMemorizationOptions options, IReadOnlyDictionary<int, int> map)
    {
        var keys = KeyCount(options);
        if (options.Length < 2 || options.Length % 2 != 0)
        {
            throw new ArgumentException($"The length must be even; it is {options.Length}.", nameof(options));
        }

        if (map.Count == 0 || map.Values.Distinct().Count() != map.Count
            || map.Any(pair => pair.Key < 0 || pair.Key >= keys || pair.Value < keys || pair.Value >= options.VocabularySize - 1))
        {
            throw new ArgumentException(
                $"The map must send keys 0 … {keys - 1} to different values {keys} … {options.VocabularySize - 2}.", nameof(map));
        }

        (_options, _map) = (options, map);
    }

    /// <inheritdoc />
    public override string Name => "mad-memorization";

    /// <inheritdoc />
    public override int VocabularySize => _options.VocabularySize;

    /// <inheritdoc />
    public override int Length => _options.Length;

    private int Insert => VocabularySize - 1;

    private protected override void Fill(CounterRandom random, TokenRow row)
    {
        for (var i = 0; i < Length; i += 2)
        {
            var (key, value) = _map.ElementAt(random.Next(_map.Count));
            (row.Inputs[i], row.Inputs[i + 1], row.Labels[i + 1]) = (key, Insert, value);
        }
    }

    private protected override string? BrokenLaw(TokenSample sample)
    {
        for (var i = 0; i < Length; i += 2)
        {
            if (!_map.TryGetValue(sample.Inputs[i], out var value) || sample.Inputs[i + 1] != Insert)
            {
                return $"At {i} stands no key of the map, or no insert token behind it.";
            }

            if (sample.Labels[i] != TokenBatch.NotScored || sample.Labels[i + 1] != value)
            {
                return $"The label at {i + 1} is {sample.Labels[i + 1]}, but the map gives {value}, and the key itself is not scored.";
            }
        }

        return null;
    }

    private static int KeyCount(MadMemorizationOptions options) => (options.VocabularySize - 1) / 2;

    private static Dictionary<int, int> RandomMap(MadMemorizationOptions options)
    {
        var keys = KeyCount(options);
        var values = new CounterRandom(options.MapSeed, -1).Distinct(keys, options.VocabularySize - 1, keys);
        return Enumerable.Range(0, keys).ToDictionary(key => key, key => values[key]);
    }
}
