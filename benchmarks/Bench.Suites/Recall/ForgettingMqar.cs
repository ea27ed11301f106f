using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>Parameters of associative recall with updates.</summary>
public sealed record ForgettingMqarOptions
{
    /// <summary>V: keys come from 1 … V/2 − 1, values from V/2 … V − 1.</summary>
    public int VocabularySize { get; init; } = 8192;

    /// <summary>L: at least 2(K + U) + 2K.</summary>
    public int Length { get; init; } = 128;

    /// <summary>K: key-value pairs, every key queried once.</summary>
    public int Pairs { get; init; } = 8;

    /// <summary>U: keys that get a new value after the first K pairs; at most K.</summary>
    public int Updates { get; init; } = 4;

    /// <summary>a of the gap distribution p_j ∝ (j + 1)^(a − 1).</summary>
    public double Power { get; init; } = 0.01;

    /// <summary>Whether positions that are neither context nor query hold random tokens.</summary>
    public bool RandomNonQueries { get; init; } = true;
}

/// <summary>Associative recall in which some keys are bound again: the latest value counts, so a state must forget the old one.</summary>
/// <remarks>
/// HazyResearch/zoology, zoology/data/forgetting_mqar.py. The authors draw an update's value different from the j-th pair's old value
/// instead of
/// from the updated key's, so rarely an update repeats the old value; ours draws it different from the key's own and never does. Both obey
/// the laws checked here.
/// </remarks>
public sealed class ForgettingMqar : TokenTask
{
    private readonly ForgettingMqarOptions _options;
    private readonly double[] _slotWeights;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">The options leave no room for context and queries, or for distinct keys.</exception>
    public ForgettingMqar(ForgettingMqarOptions options)
    {
        var context = 2 * (options.Pairs + options.Updates);
        if (options.Pairs < 1 || options.Updates < 0 || options.Updates > options.Pairs || context + (2 * options.Pairs) > options.Length)
        {
            throw new ArgumentException(
                $"{options.Pairs} pairs with {options.Updates} updates need a length of at least {context + (2 * options.Pairs)} and no "
                    + "more updates than "
                + $"pairs; the length is {options.Length}.", nameof(options));
        }

        if ((options.VocabularySize / 2) - 1 < options.Pairs + 1)
        {
            throw new ArgumentException($"A vocabulary of {options.VocabularySize} is too small for {options.Pairs} keys and new "
                + "values.", nameof(options));
        }

        _options = options;
        _slotWeights = RecallSlots.PowerWeights((options.Length - context) / 2, options.Power);
    }

    /// <inheritdoc />
    public override string Name => "forgetting-mqar";

    /// <inheritdoc />
    public override int VocabularySize => _options.VocabularySize;

    /// <inheritdoc />
    public override int Length => _options.Length;

    private int ContextLength => 2 * (_options.Pairs + _options.Updates);

    private protected override void Fill(CounterRandom random, TokenRow row)
    {
        var (pairs, half) = (_options.Pairs, VocabularySize / 2);
        var keys = random.Distinct(1, half, pairs);
        var values = random.Distinct(half, VocabularySize, pairs);
        for (var i = 0; i < pairs; i++)
        {
            (row.Inputs[2 * i], row.Inputs[(2 * i) + 1]) = (keys[i], values[i]);
        }

        var updated = random.Distinct(0, pairs, _options.Updates);
        for (var j = 0; j < updated.Length; j++)
        {
            ref var value = ref values[updated[j]];
            var fresh = random.Next(half, VocabularySize - 1);
            value = fresh >= value ? fresh + 1 : fresh;
            (row.Inputs[2 * (pairs + j)], row.Inputs[(2 * (pairs + j)) + 1]) = (keys[updated[j]], value);
        }

        var slots = RecallSlots.Draw(random, _slotWeights, pairs);
        for (var i = 0; i < pairs; i++)
        {
            var query = ContextLength + (2 * slots[i]);
            (row.Inputs[query], row.Labels[query]) = (keys[i], values[i]);
        }

        if (_options.RandomNonQueries)
        {
            RecallSlots.FillZeros(random, row.Inputs, VocabularySize);
        }
    }

    private protected override string? BrokenLaw(TokenSample sample)
    {
        var (bound, half) = (new Dictionary<int, int>(), VocabularySize / 2);
        for (var i = 0; i < ContextLength; i += 2)
        {
            var (key, value) = (sample.Inputs[i], sample.Inputs[i + 1]);
            if (key < 1 || key >= half || value < half)
            {
                return $"The pair at {i} ({key}, {value}) has a key or value of the wrong range.";
            }

            if (i < 2 * _options.Pairs ? !bound.TryAdd(key, value) : !bound.ContainsKey(key))
            {
                return $"The key {key} at {i} is bound twice among the first pairs, or an update names a key that was never bound.";
            }

            bound[key] = value;
        }

        return RecallSlots.BrokenQueries(sample, ContextLength, 2, bound, _options.RandomNonQueries);
    }
}
