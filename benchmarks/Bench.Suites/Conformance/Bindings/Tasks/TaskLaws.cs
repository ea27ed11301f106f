using Bench.Suites.Recall;

namespace Bench.Suites.Conformance.Bindings.Tasks;

/// <summary>One row to judge.</summary>
/// <param name="Inputs">Tokens.</param>
/// <param name="Labels">Labels, aligned with the tokens.</param>
internal sealed record TaskRow(int[] Inputs, int[] Labels)
{
    public string? Violation(ITokenTask task) => task.Violation(new TokenSample(Inputs, Labels));
}

/// <summary>
/// What conformance of a task means: every recorded row is accepted, every corrupted copy of it is rejected, and rows of our own generator
/// fare the same.
/// </summary>
internal static class TaskLaws
{
    private const int GeneratedRows = 200;
    private const long Seed = 20_260_701;

    /// <summary>Checks recorded and generated rows.</summary>
    /// <exception cref="InvalidDataException">A row is rejected, or a corrupted one accepted.</exception>
    public static void Require(ITokenTask task, IReadOnlyList<TaskRow> recorded)
    {
        RequireAll("recorded", task, recorded);
        var batch = task.Generate(Seed, GeneratedRows);
        RequireAll("generated", task, [.. Enumerable.Range(0, batch.Rows).Select(row =>
        {
            var sample = batch.Sample(row);
            return new TaskRow([.. sample.Inputs], [.. sample.Labels]);
        })]);
    }

    private static void RequireAll(string origin, ITokenTask task, IReadOnlyList<TaskRow> rows)
    {
        for (var i = 0; i < rows.Count; i++)
        {
            if (rows[i].Violation(task) is { } violation)
            {
                throw new InvalidDataException($"The {origin} row {i} of {task.Name} is rejected: {violation}");
            }

            foreach (var (name, corrupted) in Corruptions(task, rows[i]))
            {
                if (corrupted.Violation(task) is null)
                {
                    throw new InvalidDataException($"The {origin} row {i} of {task.Name} is still accepted with {name}.");
                }
            }
        }
    }

    /// <summary>Copies of a row, each with one mistake. At least the first three apply to every row.</summary>
    private static IEnumerable<(string Name, TaskRow Row)> Corruptions(ITokenTask task, TaskRow row)
    {
        var scored = Enumerable.Range(0, row.Labels.Length).Where(i => row.Labels[i] != TokenBatch.NotScored).ToList();
        var first = scored[0];
        // Half a vocabulary away, so that a value never becomes another value of a key that was not shown.
        var other = (row.Labels[first] + (task.VocabularySize / 2)) % task.VocabularySize;
        yield return ("another label", row with { Labels = With(row.Labels, first, other) });
        yield return ("a label missing", row with { Labels = With(row.Labels, scored[^1], TokenBatch.NotScored) });
        yield return ("a token outside the vocabulary", row with { Inputs = With(row.Inputs, row.Inputs.Length / 2, task.VocabularySize) });
        yield return ("the last token cut off", new TaskRow(row.Inputs[..^1], row.Labels[..^1]));
        var unscored = Array.IndexOf(row.Labels, TokenBatch.NotScored);
        if (unscored >= 0)
        {
            yield return ("a label too many", row with { Labels = With(row.Labels, unscored, row.Labels[first]) });
        }
    }

    private static int[] With(int[] values, int index, int value)
    {
        int[] copy = [.. values];
        copy[index] = value;
        return copy;
    }
}
