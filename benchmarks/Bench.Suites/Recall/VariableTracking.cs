using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>Parameters of variable tracking at token level.</summary>
public sealed record VariableTrackingOptions
{
    /// <summary>V: three markers, then names, numbers and hay in equal parts.</summary>
    public int VocabularySize { get; init; } = 1024;

    /// <summary>L.</summary>
    public int Length { get; init; } = 256;

    /// <summary>Chains; the variables of one are asked.</summary>
    public int Chains { get; init; } = 1;

    /// <summary>Copies in every chain after its number.</summary>
    public int Hops { get; init; } = 4;
}

/// <summary>
/// Statements [set, name, number] and [set, name, earlier name] in a haystack; at the end [ask, number] with the names that have it, in
/// order.
/// The twin of RULER's variable tracking for models that are trained here.
/// </summary>
/// <remarks>Structure of RULER, arXiv:2404.06654.</remarks>
public sealed class VariableTracking : TokenTask
{
    private const int Set = 0;
    private const int Ask = 1;
    private const int FirstName = 3;
    private readonly VariableTrackingOptions _options;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">No room for the statements, or too few names.</exception>
    public VariableTracking(VariableTrackingOptions options)
    {
        _options = options;
        if (options.Chains < 1 || options.Hops < 0 || Hay < 0 || Part < Statements)
        {
            throw new ArgumentException(
                $"{options.Chains} chains of {options.Hops} hops do not fit a length of {options.Length} or a vocabulary of "
                    + $"{options.VocabularySize}.", nameof(options));
        }
    }

    /// <inheritdoc />
    public override string Name => "variable-tracking";

    /// <inheritdoc />
    public override int VocabularySize => _options.VocabularySize;

    /// <inheritdoc />
    public override int Length => _options.Length;

    private int Part => (_options.VocabularySize - FirstName) / 3;

    private int FirstNumber => FirstName + Part;

    private int FirstHay => FirstName + (2 * Part);

    private int Statements => _options.Chains * (_options.Hops + 1);

    private int QuestionStart => _options.Length - (2 + _options.Hops);

    private int Hay => QuestionStart - (3 * Statements);

    private protected override void Fill(CounterRandom random, TokenRow row)
    {
        var names = random.Distinct(FirstName, FirstNumber, Statements);
        var numbers = random.Distinct(FirstNumber, FirstHay, _options.Chains);
        foreach (ref var token in row.Inputs)
        {
            token = random.Next(FirstHay, FirstHay + Part);
        }

        var places = random.Distinct(0, Hay + Statements, Statements);
        Array.Sort(places);
        var done = new int[_options.Chains];
        for (var i = 0; i < Statements; i++)
        {
            var chain = random.Weighted([.. done.Select(count => (double)(_options.Hops + 1 - count))]);
            var first = chain * (_options.Hops + 1);
            var hop = done[chain]++;
            var start = places[i] + (2 * i);
            (row.Inputs[start], row.Inputs[start + 1], row.Inputs[start + 2]) = (Set, names[first + hop], hop == 0 ? numbers[chain] : names[first + hop - 1]);
        }

        var asked = random.Next(_options.Chains);
        (row.Inputs[QuestionStart], row.Inputs[QuestionStart + 1]) = (Ask, numbers[asked]);
        for (var hop = 0; hop <= _options.Hops; hop++)
        {
            var name = names[(asked * (_options.Hops + 1)) + hop];
            row.Labels[QuestionStart + 1 + hop] = name;
            if (hop < _options.Hops)
            {
                row.Inputs[QuestionStart + 2 + hop] = name;
            }
        }
    }

    private protected override string? BrokenLaw(TokenSample sample)
    {
        var numbers = new Dictionary<int, int>();
        var order = new List<int>();
        for (var i = 0; i < QuestionStart; i++)
        {
            if (sample.Inputs[i] != Set)
            {
                if (sample.Inputs[i] < FirstHay)
                {
                    return $"The token {sample.Inputs[i]} at {i} is neither hay nor part of a statement.";
                }

                continue;
            }

            var (name, source) = i + 2 < QuestionStart ? (sample.Inputs[i + 1], sample.Inputs[i + 2]) : (0, 0);
            var isNumber = source >= FirstNumber && source < FirstHay;
            if (name < FirstName || name >= FirstNumber || (!isNumber && !numbers.ContainsKey(source)) || !numbers.TryAdd(name, isNumber ? source : numbers[source]))
            {
                return $"The statement at {i} sets {name} twice, or from a name without a number.";
            }

            order.Add(name);
            i += 2;
        }

        var asked = sample.Inputs[QuestionStart + 1];
        var answers = order.Where(name => numbers[name] == asked).ToArray();
        if (order.Count != Statements || answers.Length != _options.Hops + 1 || sample.Inputs[QuestionStart] != Ask
            || !sample.Inputs[(QuestionStart + 2)..].SequenceEqual(answers.AsSpan(..^1)))
        {
            return $"There are {order.Count} statements instead of {Statements}, or {answers.Length} names have the asked number, or they "
                + "do not follow it.";
        }

        return Differs(sample.Labels, [.. Enumerable.Repeat(TokenBatch.NotScored, QuestionStart + 1), .. answers]);
    }
}
