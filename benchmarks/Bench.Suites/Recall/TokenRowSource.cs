using Bench.Suites.Training;

namespace Bench.Suites.Recall;

/// <summary>Rows of a token task as a trainer wants them.</summary>
/// <param name="task">Generator.</param>
/// <param name="seed">Which data set.</param>
public sealed class TokenRowSource(ITokenTask task, long seed) : IRowSource
{
    /// <inheritdoc />
    public TrainingBatch Make(long firstRow, int rows)
    {
        var batch = task.Generate(seed, firstRow, rows);
        var scored = batch.Scored;
        var (positions, targets) = (new long[scored], new long[scored]);
        for (int i = 0, next = 0; i < batch.Labels.Length; i++)
        {
            if (batch.Labels[i] != TokenBatch.NotScored)
            {
                (positions[next], targets[next++]) = (i, batch.Labels[i]);
            }
        }

        return new TrainingBatch
        {
            Rows = rows,
            Length = task.Length,
            SourceLength = task.SourceLength,
            Inputs = Array.ConvertAll(batch.Inputs, token => (long)token),
            Source = Array.ConvertAll(batch.Source, token => (long)token),
            Positions = positions,
            Targets = targets,
        };
    }
}
