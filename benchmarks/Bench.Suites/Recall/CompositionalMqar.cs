using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>Parameters of associative recall with two-part keys.</summary>
public sealed record CompositionalMqarOptions
{
    /// <summary>V: first parts come from 1 … V/3 − 1, second parts from the next third, values from the last.</summary>
    public int VocabularySize { get; init; } = 8192;

    /// <summary>L: at least 6K.</summary>
    public int Length { get; init; } = 128;

    /// <summary>K = g²: all combinations of g first and g second parts.</summary>
    public int Pairs { get; init; } = 9;

    /// <summary>a of the gap distribution p_j ∝ (j + 1)^(a − 1).</summary>
    public double Power { get; init; } = 0.01;

    /// <summary>Whether positions that are neither context nor query hold random tokens.</summary>
    public bool RandomNonQueries { get; init; } = true;
}

/// <summary>
/// Associative recall in which neither part of a key alone determines the value, so two tokens must be looked up together.
/// </summary>
/// <remarks>HazyResearch/zoology, zoology/data/compositional_mqar.py.</remarks>
public sealed class CompositionalMqar : TokenTask
{
    private readonly CompositionalMqarOptions _options;
    private readonly double[] _slotWeights;
    private readonly int _parts;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">The pairs are no square, or the options leave no room for context, queries or distinct
    /// parts.</exception>
    public CompositionalMqar(CompositionalMqarOptions options)
    {
        _parts = (int)Math.Round(Math.Sqrt(options.Pairs));
        if (options.Pairs < 1 || _parts * _parts != options.Pairs || 6 * options.Pairs > options.Length)
        {
            throw new ArgumentException(
                $"The pairs must be a square and need six tokens each; there are {options.Pairs} for a length of {options.Length}.", nameof(options));
        }

        var third = options.VocabularySize / 3;
        if (third - 1 < _parts || options.VocabularySize - (2 * third) < options.Pairs)
        {
            throw new ArgumentException($"A vocabulary of {options.VocabularySize} is too small for {options.Pairs} values.", nameof(options));
        }

        _options = options;
        _slotWeights = RecallSlots.PowerWeights((options.Length - (3 * options.Pairs)) / 3, options.Power);
    }

    /// <inheritdoc />
    public override string Name => "compositional-mqar";

    /// <inheritdoc />
    public override int VocabularySize => _options.VocabularySize;

    /// <inheritdoc />
    public override int Length => _options.Length;

    private int ContextLength => 3 * _options.Pairs;

    private int Third => VocabularySize / 3;

    private protected override void Fill(CounterRandom random, TokenRow row)
    {
        var firsts = random.Distinct(1, Third, _parts);
        var seconds = random.Distinct(Third, 2 * Third, _parts);
        var values = random.Distinct(2 * Third, VocabularySize, _options.Pairs);
        var order = random.Distinct(0, _options.Pairs, _options.Pairs);
        var slots = RecallSlots.Draw(random, _slotWeights, _options.Pairs);
        for (var i = 0; i < order.Length; i++)
        {
            var (first, second) = (firsts[order[i] / _parts], seconds[order[i] % _parts]);
            (row.Inputs[3 * i], row.Inputs[(3 * i) + 1], row.Inputs[(3 * i) + 2]) = (first, second, values[i]);
            var query = ContextLength + (3 * slots[i]);
            (row.Inputs[query], row.Inputs[query + 1], row.Labels[query + 1]) = (first, second, values[i]);
        }

        if (_options.RandomNonQueries)
        {
            RecallSlots.FillZeros(random, row.Inputs, VocabularySize);
        }
    }

    private protected override string? BrokenLaw(TokenSample sample)
    {
        var bound = new Dictionary<(int First, int Second), int>();
        for (var i = 0; i < ContextLength; i += 3)
        {
            var (first, second, value) = (sample.Inputs[i], sample.Inputs[i + 1], sample.Inputs[i + 2]);
            if (first < 1 || first >= Third || second < Third || second >= 2 * Third || value < 2 * Third || !bound.TryAdd((first, second), value))
            {
                return $"The triple at {i} ({first}, {second}, {value}) has a part of the wrong range, or a key that was bound before.";
            }
        }

        if (bound.Keys.Select(key => key.First).Distinct().Count() != _parts || bound.Keys.Select(key => key.Second).Distinct().Count() != _parts)
        {
            return $"The keys are not all combinations of {_parts} first and {_parts} second parts.";
        }

        return BrokenQueries(sample, bound);
    }

    private string? BrokenQueries(TokenSample sample, Dictionary<(int First, int Second), int> bound)
    {
        var scored = sample.ScoredPositions;
        var asked = new HashSet<(int, int)>();
        foreach (var position in scored)
        {
            if (position < ContextLength + 1 || (position - ContextLength) % 3 != 1)
            {
                return $"Position {position} is scored, but second parts of queries stand three apart from {ContextLength + 1} on.";
            }

            var key = (sample.Inputs[position - 1], sample.Inputs[position]);
            if (!bound.TryGetValue(key, out var value) || value != sample.Labels[position] || !asked.Add(key))
            {
                return $"At {position} the key {key} was never bound, was asked before, or its label {sample.Labels[position]} is not its "
                    + "value.";
            }
        }

        if (scored.Length != bound.Count)
        {
            return $"{scored.Length} positions are scored, but there are {bound.Count} keys.";
        }

        for (var i = ContextLength; i < Length && !_options.RandomNonQueries; i++)
        {
            var isQuery = sample.Labels[i] != TokenBatch.NotScored || (i + 1 < Length && sample.Labels[i + 1] != TokenBatch.NotScored);
            if (sample.Inputs[i] != 0 && !isQuery)
            {
                return $"Position {i} is no query but holds the token {sample.Inputs[i]} instead of 0.";
            }
        }

        return null;
    }
}
