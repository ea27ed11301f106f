using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>A token task that makes one row at a time, each from its own stream of the seed.</summary>
public abstract class TokenTask : ITokenTask
{
    /// <inheritdoc />
    public abstract string Name { get; }

    /// <inheritdoc />
    public abstract int VocabularySize { get; }

    /// <inheritdoc />
    public abstract int Length { get; }

    /// <inheritdoc />
    public virtual int SourceLength => 0;

    /// <inheritdoc />
    public TokenBatch Generate(long seed, long firstRow, int rows)
    {
        var batch = new TokenBatch(rows, Length, SourceLength);
        for (var row = 0; row < rows; row++)
        {
            Fill(new CounterRandom(seed, firstRow + row), batch[row]);
        }

        return batch;
    }

    /// <inheritdoc />
    public string? Violation(TokenSample sample)
    {
        if (sample.Inputs.Length != Length || sample.Labels.Length != Length || sample.Source.Length != SourceLength)
        {
            return $"The row has {sample.Inputs.Length} inputs, {sample.Labels.Length} labels and {sample.Source.Length} source tokens, "
                + $"not {Length}, {Length} and {SourceLength}.";
        }

        return OutOfVocabulary("input", sample.Inputs) ?? OutOfVocabulary("source", sample.Source)
            ?? OutOfVocabulary("label", sample.Labels) ?? BrokenLaw(sample);
    }

    /// <summary>Writes one row.</summary>
    private protected abstract void Fill(CounterRandom random, TokenRow row);

    /// <summary>The task's own laws, once lengths and vocabulary are right.</summary>
    private protected abstract string? BrokenLaw(TokenSample sample);

    /// <summary>Compares the labels with recomputed ones.</summary>
    private protected static string? Differs(ReadOnlySpan<int> labels, ReadOnlySpan<int> expected)
    {
        var i = labels.CommonPrefixLength(expected);
        return i == labels.Length ? null : $"The label at {i} is {labels[i]}, but its inputs give {expected[i]}.";
    }

    private string? OutOfVocabulary(string what, ReadOnlySpan<int> tokens)
    {
        for (var i = 0; i < tokens.Length; i++)
        {
            if ((tokens[i] < 0 || tokens[i] >= VocabularySize) && !(what == "label" && tokens[i] == TokenBatch.NotScored))
            {
                return $"The {what} at {i} is {tokens[i]}, outside the vocabulary of {VocabularySize}.";
            }
        }

        return null;
    }
}
