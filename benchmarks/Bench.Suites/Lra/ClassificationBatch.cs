namespace Bench.Suites.Lra;

/// <summary>Token rows with one class each, row-major in flat arrays; rows are cut or padded with 0 on the right.</summary>
/// <param name="Length">L: tokens of every row.</param>
/// <param name="Inputs">Tokens [B, L].</param>
/// <param name="Lengths">Real tokens of every row [B], at most L.</param>
/// <param name="Labels">Class of every row [B].</param>
public sealed record ClassificationBatch(int Length, int[] Inputs, int[] Lengths, int[] Labels)
{
    /// <summary>B.</summary>
    public int Rows => Labels.Length;

    /// <summary>A batch from token lists of any length.</summary>
    /// <param name="length">L.</param>
    /// <param name="rows">Tokens and class of every row.</param>
    public static ClassificationBatch Of(int length, IReadOnlyList<(IReadOnlyList<int> Tokens, int Label)> rows)
    {
        var batch = new ClassificationBatch(length, new int[rows.Count * length], new int[rows.Count], new int[rows.Count]);
        for (var row = 0; row < rows.Count; row++)
        {
            var (tokens, label) = rows[row];
            batch.Lengths[row] = Math.Min(tokens.Count, length);
            batch.Labels[row] = label;
            for (var i = 0; i < batch.Lengths[row]; i++)
            {
                batch.Inputs[(row * length) + i] = tokens[i];
            }
        }

        return batch;
    }
}
