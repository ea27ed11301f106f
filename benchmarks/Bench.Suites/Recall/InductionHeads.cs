using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>Parameters of induction heads.</summary>
public sealed record InductionHeadsOptions
{
    /// <summary>V: 0 is unused here, V − 1 the prefix, symbols are 1 … V − 2.</summary>
    public int VocabularySize { get; init; } = 20;

    /// <summary>Random tokens before the question.</summary>
    public int SequenceLength { get; init; } = 30;

    /// <summary>Tokens to remember behind the prefix.</summary>
    public int Remembered { get; init; } = 1;

    /// <summary>Training rows are scored everywhere (the next token), test rows only at the remembered tokens.</summary>
    public bool Training { get; init; }
}

/// <summary>A prefix somewhere in a random sequence, followed by a token; at the end the prefix again: what came after it?</summary>
/// <remarks>
/// Fu et al., H3, arXiv:2212.14052; HazyResearch/safari, src/dataloaders/synthetics.py. Ids follow the authors' string-sorted vocabulary.
/// Setting of arXiv:2312.00752: vocabulary 16, trained at 256 tokens, tested up to 2²⁰.
/// </remarks>
public sealed class InductionHeads : TokenTask
{
    private readonly InductionHeadsOptions _options;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">No room for the prefix and the remembered tokens, or no symbols.</exception>
    public InductionHeads(InductionHeadsOptions options) =>
        _options = options.VocabularySize >= 4 && options.Remembered >= 1 && options.SequenceLength >= options.Remembered + 1
            ? options
            : throw new ArgumentException(
                $"A sequence of {options.SequenceLength} does not hold a prefix and {options.Remembered} tokens, or there are no "
                    + "symbols.", nameof(options));

    /// <inheritdoc />
    public override string Name => "induction-heads";

    /// <inheritdoc />
    public override int VocabularySize => _options.VocabularySize;

    /// <inheritdoc />
    public override int Length => _options.SequenceLength + _options.Remembered;

    private int Prefix => VocabularySize - 1;

    private protected override void Fill(CounterRandom random, TokenRow row)
    {
        var tokens = new int[Length + 1];
        foreach (ref var token in tokens.AsSpan())
        {
            token = random.Next(1, Prefix);
        }

        var remembered = tokens.AsSpan(tokens.Length - _options.Remembered);
        var trigger = random.Next(_options.SequenceLength - _options.Remembered);
        tokens[trigger] = tokens[_options.SequenceLength] = Prefix;
        remembered.CopyTo(tokens.AsSpan(trigger + 1));
        NextToken.Write(tokens, row.Inputs, row.Labels);
        if (!_options.Training)
        {
            row.Labels[..^_options.Remembered].Fill(TokenBatch.NotScored);
        }
    }

    private protected override string? BrokenLaw(TokenSample sample)
    {
        if (NextToken.Recover(sample, _options.Training, out var tokens) is { } broken)
        {
            return broken;
        }

        var question = _options.SequenceLength;
        var remembered = tokens.AsSpan(question + 1);
        var triggers = Enumerable.Range(0, question).Where(i => tokens[i] == Prefix).ToList();
        if (tokens.Contains(0) || tokens[question] != Prefix || triggers.Count == 0)
        {
            return "The prefix must stand at the question and at least once before it, and token 0 nowhere.";
        }

        foreach (var trigger in triggers)
        {
            if (!tokens.AsSpan(trigger + 1, _options.Remembered).SequenceEqual(remembered))
            {
                return $"The prefix at {trigger} is not followed by the asked tokens.";
            }
        }

        var scored = tokens[1..];
        if (!_options.Training)
        {
            scored.AsSpan(0, scored.Length - _options.Remembered).Fill(TokenBatch.NotScored);
        }

        return Differs(sample.Labels, scored);
    }
}
