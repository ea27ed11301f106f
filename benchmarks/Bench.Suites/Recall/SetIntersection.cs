using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>Parameters of set intersection.</summary>
public sealed record SetIntersectionOptions
{
    /// <summary>V: 1 starts, 2 separates the lists, 3 asks; elements are 4 … V − 1.</summary>
    public int VocabularySize { get; init; } = 2048;

    /// <summary>|A|: elements of the first list.</summary>
    public int FirstLength { get; init; } = 4;

    /// <summary>|B|: elements of the second list.</summary>
    public int SecondLength { get; init; } = 16;
}

/// <summary>
/// Two lists share exactly one element, which is to be named at the end. A causal model with a small state does well when the short list
/// comes
/// first and badly otherwise; a noncausal one does not care.
/// </summary>
/// <remarks>
/// Arora et al., "Just read twice", arXiv:2407.05483; HazyResearch/prefix-linear-attention, synthetic/zoology/data/non_autoreg.py.
/// </remarks>
public sealed class SetIntersection : TokenTask
{
    private const int Start = 1;
    private const int ListSeparator = 2;
    private const int Ask = 3;
    private const int FirstElement = 4;
    private readonly SetIntersectionOptions _options;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">The vocabulary does not hold two disjoint lists.</exception>
    public SetIntersection(SetIntersectionOptions options)
    {
        if (options.FirstLength < 1 || options.SecondLength < 1
            || Math.Max(options.FirstLength, options.SecondLength) > (options.VocabularySize - FirstElement) / 2)
        {
            throw new ArgumentException(
                $"Lists of {options.FirstLength} and {options.SecondLength} must fit into half of a vocabulary of "
                    + $"{options.VocabularySize}.", nameof(options));
        }

        _options = options;
    }

    /// <inheritdoc />
    public override string Name => "set-intersection";

    /// <inheritdoc />
    public override int VocabularySize => _options.VocabularySize;

    /// <inheritdoc />
    public override int Length => _options.FirstLength + _options.SecondLength + 3;

    private protected override void Fill(CounterRandom random, TokenRow row)
    {
        var elements = random.Distinct(FirstElement, VocabularySize, _options.FirstLength + _options.SecondLength);
        var common = elements[random.Next(_options.FirstLength)];
        elements[_options.FirstLength + random.Next(_options.SecondLength)] = common;
        row.Inputs[0] = Start;
        elements.AsSpan(0, _options.FirstLength).CopyTo(row.Inputs[1..]);
        row.Inputs[_options.FirstLength + 1] = ListSeparator;
        elements.AsSpan(_options.FirstLength).CopyTo(row.Inputs[(_options.FirstLength + 2)..]);
        row.Inputs[^1] = Ask;
        row.Labels[^1] = common;
    }

    private protected override string? BrokenLaw(TokenSample sample)
    {
        if (sample.Inputs[0] != Start || sample.Inputs[_options.FirstLength + 1] != ListSeparator || sample.Inputs[^1] != Ask)
        {
            return "The start, the list separator or the question is not where it belongs.";
        }

        int[] first = [.. sample.Inputs.Slice(1, _options.FirstLength)], second = [.. sample.Inputs.Slice(_options.FirstLength + 2, _options.SecondLength)];
        var common = first.Intersect(second).ToArray();
        if (first.Concat(second).Any(token => token < FirstElement) || common.Length != 1
            || first.Concat(second).Distinct().Count() != first.Length + second.Length - 1)
        {
            return $"The lists must hold distinct elements and share exactly one; they share {common.Length}.";
        }

        return sample.Labels[..^1].ContainsAnyExcept(TokenBatch.NotScored) ? "Only the last position is scored."
            : sample.Labels[^1] != common[0] ? $"The label is {sample.Labels[^1]}, but the lists share {common[0]}." : null;
    }
}
