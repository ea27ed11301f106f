namespace Bench.Suites.Recall;

/// <summary>Sequences whose labels are their own next tokens: input position i holds token i, its label token i + 1.</summary>
internal static class NextToken
{
    /// <summary>Splits a sequence of L + 1 tokens into L inputs and L labels.</summary>
    public static void Write(ReadOnlySpan<int> tokens, Span<int> inputs, Span<int> labels)
    {
        tokens[..^1].CopyTo(inputs);
        tokens[1..].CopyTo(labels);
    }

    /// <summary>Puts the sequence together again from inputs and the last label, which must be scored.</summary>
    /// <returns>What is wrong, or null.</returns>
    public static string? Recover(TokenSample sample, bool everywhere, out int[] tokens)
    {
        tokens = [.. sample.Inputs, sample.Labels[^1]];
        if (sample.Labels[^1] == TokenBatch.NotScored)
        {
            return "The last position must be scored.";
        }

        for (var i = 0; i < sample.Labels.Length; i++)
        {
            if (sample.Labels[i] != tokens[i + 1] && (everywhere || sample.Labels[i] != TokenBatch.NotScored))
            {
                return $"The label at {i} is {sample.Labels[i]}, but the next token is {tokens[i + 1]}.";
            }
        }

        return null;
    }
}
