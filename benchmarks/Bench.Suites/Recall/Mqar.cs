using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>Parameters of multi-query associative recall.</summary>
public sealed record MqarOptions
{
    /// <summary>V: keys come from 1 … V/2 − 1, values from V/2 … V − 1. Larger than the length.</summary>
    public int VocabularySize { get; init; } = 8192;

    /// <summary>L: even, at least four times the pairs.</summary>
    public int Length { get; init; } = 64;

    /// <summary>K: key-value pairs, every key queried once.</summary>
    public int Pairs { get; init; } = 4;

    /// <summary>a of the gap distribution p_j ∝ (j + 1)^(a − 1): 1 is uniform, small values ask soon after the context.</summary>
    public double Power { get; init; } = 0.01;

    /// <summary>Whether positions that are neither context nor query hold random tokens instead of token 0.</summary>
    public bool RandomNonQueries { get; init; } = true;
}

/// <summary>
/// Multi-query associative recall: K key-value pairs, then each key once more at a random later place, where its value is to be predicted.
/// </summary>
/// <remarks>Arora et al., "Zoology", arXiv:2312.04927, appendix; rules of HazyResearch/zoology, zoology/data/multiquery_ar.py.</remarks>
public sealed class Mqar : TokenTask
{
    private readonly MqarOptions _options;
    private readonly double[] _slotWeights;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">The options leave no room for all queries, or for distinct keys.</exception>
    public Mqar(MqarOptions options)
    {
        if (options.Length % 2 != 0 || options.Pairs < 1 || 4 * options.Pairs > options.Length)
        {
            throw new ArgumentException(
                $"{options.Pairs} pairs need an even length of at least {4 * options.Pairs}; it is {options.Length}.", nameof(options));
        }

        if (options.VocabularySize <= options.Length || (options.VocabularySize / 2) - 1 < options.Pairs)
        {
            throw new ArgumentException(
                $"A vocabulary of {options.VocabularySize} is too small: it must exceed the length {options.Length} and hold "
                    + $"{options.Pairs} keys.", nameof(options));
        }

        _options = options;
        _slotWeights = RecallSlots.PowerWeights((options.Length - (2 * options.Pairs)) / 2, options.Power);
    }

    /// <inheritdoc />
    public override string Name => "mqar";

    /// <inheritdoc />
    public override int VocabularySize => _options.VocabularySize;

    /// <inheritdoc />
    public override int Length => _options.Length;

    /// <summary>Options of this instance.</summary>
    public MqarOptions Options => _options;

    private int ContextLength => 2 * _options.Pairs;

    private protected override void Fill(CounterRandom random, TokenRow row)
    {
        var pairs = _options.Pairs;
        var keys = random.Distinct(1, VocabularySize / 2, pairs);
        var values = random.Distinct(VocabularySize / 2, VocabularySize, pairs);
        var slots = RecallSlots.Draw(random, _slotWeights, pairs);
        for (var i = 0; i < pairs; i++)
        {
            row.Inputs[2 * i] = keys[i];
            row.Inputs[(2 * i) + 1] = values[i];
            var query = ContextLength + (2 * slots[i]);
            row.Inputs[query] = keys[i];
            row.Labels[query] = values[i];
        }

        if (_options.RandomNonQueries)
        {
            RecallSlots.FillZeros(random, row.Inputs, VocabularySize);
        }
    }

    private protected override string? BrokenLaw(TokenSample sample)
    {
        var bound = new Dictionary<int, int>();
        for (var i = 0; i < ContextLength; i += 2)
        {
            var (key, value) = (sample.Inputs[i], sample.Inputs[i + 1]);
            if (key < 1 || key >= VocabularySize / 2 || value < VocabularySize / 2 || !bound.TryAdd(key, value))
            {
                return $"The pair at {i} ({key}, {value}) has a key or value of the wrong range, or a key that was bound before.";
            }
        }

        return bound.Values.Distinct().Count() < bound.Count
            ? "Two keys have the same value."
            : RecallSlots.BrokenQueries(sample, ContextLength, 2, bound, _options.RandomNonQueries);
    }
}
