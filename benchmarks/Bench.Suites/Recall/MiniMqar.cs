using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>Parameters of recall with an announced query list.</summary>
public sealed record MiniMqarOptions
{
    /// <summary>V: keys come from 2 … V/2 − 1, values from V/2 … V − 1; 0 fills and 1 separates.</summary>
    public int VocabularySize { get; init; } = 512;

    /// <summary>K: key-value pairs.</summary>
    public int Pairs { get; init; } = 8;

    /// <summary>q: distinct keys asked, at most K.</summary>
    public int Queries { get; init; } = 4;
}

/// <summary>
/// Pairs, a separator, some keys, a separator; then every asked key with its value is to be written out on filler positions.
/// </summary>
/// <remarks>HazyResearch/prefix-linear-attention, synthetic/zoology/data/non_autoreg.py (arXiv:2407.05483).</remarks>
public sealed class MiniMqar : TokenTask
{
    private const int Separator = 1;
    private readonly MiniMqarOptions _options;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">More queries than pairs, or too small a vocabulary.</exception>
    public MiniMqar(MiniMqarOptions options)
    {
        if (options.Queries < 1 || options.Queries > options.Pairs || (options.VocabularySize / 2) - 2 < options.Pairs)
        {
            throw new ArgumentException(
                $"{options.Queries} queries of {options.Pairs} pairs need as many pairs and a vocabulary of at least "
                    + $"{2 * (options.Pairs + 2)}.", nameof(options));
        }

        _options = options;
    }

    /// <inheritdoc />
    public override string Name => "mini-mqar";

    /// <inheritdoc />
    public override int VocabularySize => _options.VocabularySize;

    /// <inheritdoc />
    public override int Length => (2 * _options.Pairs) + 1 + _options.Queries + 1 + (2 * _options.Queries) - 1;

    private int QueryStart => (2 * _options.Pairs) + 1;

    private protected override void Fill(CounterRandom random, TokenRow row)
    {
        var half = VocabularySize / 2;
        var keys = random.Distinct(2, half, _options.Pairs);
        var values = random.Distinct(half, VocabularySize, _options.Pairs);
        for (var i = 0; i < keys.Length; i++)
        {
            (row.Inputs[2 * i], row.Inputs[(2 * i) + 1]) = (keys[i], values[i]);
        }

        row.Inputs[QueryStart - 1] = row.Inputs[QueryStart + _options.Queries] = Separator;
        var asked = random.Distinct(0, keys.Length, _options.Queries);
        var answers = Length - (2 * _options.Queries);
        for (var i = 0; i < asked.Length; i++)
        {
            row.Inputs[QueryStart + i] = keys[asked[i]];
            (row.Labels[answers + (2 * i)], row.Labels[answers + (2 * i) + 1]) = (keys[asked[i]], values[asked[i]]);
        }
    }

    private protected override string? BrokenLaw(TokenSample sample)
    {
        var (bound, half) = (new Dictionary<int, int>(), VocabularySize / 2);
        for (var i = 0; i < 2 * _options.Pairs; i += 2)
        {
            var (key, value) = (sample.Inputs[i], sample.Inputs[i + 1]);
            if (key < 2 || key >= half || value < half || !bound.TryAdd(key, value))
            {
                return $"The pair at {i} ({key}, {value}) has a key or value of the wrong range, or a key that was bound before.";
            }
        }

        if (sample.Inputs[QueryStart - 1] != Separator || sample.Inputs[QueryStart + _options.Queries] != Separator)
        {
            return "The separators around the query list are missing.";
        }

        var expected = new int[Length];
        Array.Fill(expected, TokenBatch.NotScored);
        var answers = Length - (2 * _options.Queries);
        var asked = new HashSet<int>();
        for (var i = 0; i < _options.Queries; i++)
        {
            var key = sample.Inputs[QueryStart + i];
            if (!bound.TryGetValue(key, out var value) || !asked.Add(key))
            {
                return $"The asked token {key} is no key, or is asked twice.";
            }

            (expected[answers + (2 * i)], expected[answers + (2 * i) + 1]) = (key, value);
        }

        return sample.Inputs[(QueryStart + _options.Queries + 1)..].ContainsAnyExcept(0)
            ? "Positions behind the query list must hold the filler 0."
            : Differs(sample.Labels, expected);
    }
}
