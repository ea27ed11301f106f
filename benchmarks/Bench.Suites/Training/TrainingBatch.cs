namespace Bench.Suites.Training;

/// <summary>Rows of tokens as plain arrays, made away from the thread that trains: only scored positions are listed.</summary>
public sealed record TrainingBatch
{
    /// <summary>R.</summary>
    public required int Rows { get; init; }

    /// <summary>L: tokens of a row.</summary>
    public required int Length { get; init; }

    /// <summary>M: tokens of a row's source; 0 for self patterns.</summary>
    public required int SourceLength { get; init; }

    /// <summary>Tokens, <c>[R, L]</c> row-major.</summary>
    public required long[] Inputs { get; init; }

    /// <summary>Source tokens, <c>[R, M]</c> row-major; empty for self patterns.</summary>
    public required long[] Source { get; init; }

    /// <summary>Scored positions as indices into <see cref="Inputs"/>, ascending.</summary>
    public required long[] Positions { get; init; }

    /// <summary>The token to predict at each scored position.</summary>
    public required long[] Targets { get; init; }
}

/// <summary>Makes rows; pure, so that the same rows can be made again after a resume, on any thread.</summary>
public interface IRowSource
{
    /// <summary>Rows <paramref name="firstRow"/> … <paramref name="firstRow"/> + <paramref name="rows"/> − 1.</summary>
    TrainingBatch Make(long firstRow, int rows);
}

/// <summary>A part of a data set: batches never mix segments.</summary>
/// <param name="Name">Name of the segment in results, such as <c>n256.k64</c>.</param>
/// <param name="Source">Its rows.</param>
/// <param name="Rows">How many of them.</param>
public sealed record RowSegment(string Name, IRowSource Source, int Rows);

/// <summary>The batches of one pass over a data set: segment after segment, in the same order in every epoch.</summary>
public sealed class BatchOrder
{
    private readonly List<(IRowSource Source, long First, int Rows)> _batches = [];

    /// <summary>Cuts segments into batches; the last one of a segment may be smaller.</summary>
    public BatchOrder(IReadOnlyList<RowSegment> segments, int batch)
    {
        foreach (var segment in segments)
        {
            for (var first = 0; first < segment.Rows; first += batch)
            {
                _batches.Add((segment.Source, first, Math.Min(batch, segment.Rows - first)));
            }
        }
    }

    /// <summary>Batches of one epoch.</summary>
    public int Count => _batches.Count;

    /// <summary>The batch of a step, counted over all epochs from 0.</summary>
    public TrainingBatch Make(long step)
    {
        var (source, first, rows) = _batches[(int)(step % _batches.Count)];
        return source.Make(first, rows);
    }
}
