namespace Bench.Suites.Recall;

/// <summary>Rows of tokens and labels, row-major in flat arrays, ready to be copied into tensors.</summary>
public sealed class TokenBatch
{
    /// <summary>The label of a position that is not scored; the ignore index of torch's cross entropy.</summary>
    public const int NotScored = -100;

    /// <summary>Empty rows: tokens 0, labels not scored.</summary>
    /// <param name="rows">B.</param>
    /// <param name="length">L.</param>
    /// <param name="sourceLength">M, 0 for self patterns.</param>
    public TokenBatch(int rows, int length, int sourceLength)
    {
        (Rows, Length, SourceLength) = (rows, length, sourceLength);
        Inputs = new int[rows * length];
        Labels = new int[rows * length];
        Source = new int[rows * sourceLength];
        Array.Fill(Labels, NotScored);
    }

    /// <summary>B.</summary>
    public int Rows { get; }

    /// <summary>L.</summary>
    public int Length { get; }

    /// <summary>M, 0 for self patterns.</summary>
    public int SourceLength { get; }

    /// <summary>Tokens [B, L].</summary>
    public int[] Inputs { get; }

    /// <summary>
    /// Labels [B, L]: the token to predict at that position, or <see cref="NotScored"/>. Already aligned: no shift is due.
    /// </summary>
    public int[] Labels { get; }

    /// <summary>Source tokens [B, M] of a cross pattern; empty for self patterns.</summary>
    public int[] Source { get; }

    /// <summary>Scored positions of the whole batch.</summary>
    public int Scored => Labels.Count(label => label != NotScored);

    /// <summary>One row, to be written by a generator.</summary>
    internal TokenRow this[int row] => new(
        Inputs.AsSpan(row * Length, Length), Labels.AsSpan(row * Length, Length), Source.AsSpan(row * SourceLength, SourceLength));

    /// <summary>One row, to be read.</summary>
    public TokenSample Sample(int row) => new(
        Inputs.AsSpan(row * Length, Length), Labels.AsSpan(row * Length, Length), Source.AsSpan(row * SourceLength, SourceLength));
}

/// <summary>One row to fill: inputs are 0 and labels not scored at first.</summary>
internal readonly ref struct TokenRow(Span<int> inputs, Span<int> labels, Span<int> source)
{
    public Span<int> Inputs { get; } = inputs;

    public Span<int> Labels { get; } = labels;

    public Span<int> Source { get; } = source;
}

/// <summary>One row to read.</summary>
/// <param name="inputs">Tokens [L].</param>
/// <param name="labels">Labels [L].</param>
/// <param name="source">Source tokens [M], empty for self patterns.</param>
public readonly ref struct TokenSample(ReadOnlySpan<int> inputs, ReadOnlySpan<int> labels, ReadOnlySpan<int> source = default)
{
    /// <summary>Tokens [L].</summary>
    public ReadOnlySpan<int> Inputs { get; } = inputs;

    /// <summary>Labels [L].</summary>
    public ReadOnlySpan<int> Labels { get; } = labels;

    /// <summary>Source tokens [M], empty for self patterns.</summary>
    public ReadOnlySpan<int> Source { get; } = source;

    /// <summary>Positions with a label.</summary>
    public int[] ScoredPositions
    {
        get
        {
            var positions = new List<int>();
            for (var i = 0; i < Labels.Length; i++)
            {
                if (Labels[i] != TokenBatch.NotScored)
                {
                    positions.Add(i);
                }
            }

            return [.. positions];
        }
    }
}
