using Bench.Domain.Matrix;

namespace Bench.Domain.Analysis;

/// <summary>A raw result that enters the compositional index.</summary>
/// <param name="Pattern">Board.</param>
/// <param name="Mechanism">Whose result it is.</param>
/// <param name="Task">Task or data set, such as <c>LSTF-ETT</c>.</param>
/// <param name="Backbone">Model around the attention.</param>
/// <param name="Metric">Metric, such as <c>ROUGE-1</c>.</param>
/// <param name="Value">The result in the metric's own unit.</param>
public sealed record TaskResult(AttentionPattern Pattern, string Mechanism, string Task, string Backbone, string Metric, double Value);

/// <summary>A mechanism's row on one pattern's board.</summary>
public sealed record CompositionalScore
{
    /// <summary>Board.</summary>
    public required AttentionPattern Pattern { get; init; }

    /// <summary>Mechanism.</summary>
    public required string Mechanism { get; init; }

    /// <summary>Index of every task group in board order; null where a column of it is missing.</summary>
    public required IReadOnlyList<KeyValuePair<string, double?>> Tasks { get; init; }

    /// <summary>Mean of the task indices, every task weighing the same; null when one is missing.</summary>
    public double? Total { get; init; }

    /// <summary>Total minus vanilla's total; null when either is missing.</summary>
    public double? DeltaToVanilla { get; init; }

    /// <summary>Columns without a result, as <c>task metric</c>.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];
}

/// <summary>
/// CAB's compositional index: every metric normalised with frozen constants, averaged within a task, then over the tasks of a pattern
/// (arXiv:2210.07661, section 4).
/// </summary>
public static class CompositionalIndex
{
    /// <summary>Scores every mechanism on every board that it has a result for.</summary>
    /// <param name="results">Raw results; at most one for each column and mechanism.</param>
    /// <param name="constants">Normalisers.</param>
    /// <param name="baseline">Mechanism that deltas refer to.</param>
    /// <returns>By pattern, then total (best first, missing last), then name.</returns>
    /// <exception cref="ArgumentException">A result belongs to no column, or one column has two results.</exception>
    public static IReadOnlyList<CompositionalScore> Score(
        IEnumerable<TaskResult> results, CompositionalConstants constants, string baseline = "vanilla")
    {
        var scores = results.GroupBy(result => (result.Pattern, result.Mechanism))
            .Select(group => Score(group.Key.Pattern, group.Key.Mechanism, [.. group], constants)).ToList();
        var vanilla = scores.Where(score => score.Mechanism == baseline).ToDictionary(score => score.Pattern, score => score.Total);
        return [.. scores.Select(score => score with { DeltaToVanilla = score.Total - vanilla.GetValueOrDefault(score.Pattern) })
            .OrderBy(score => AttentionPatterns.All.Index().First(pattern => pattern.Item == score.Pattern).Index)
            .ThenByDescending(score => score.Total ?? double.NegativeInfinity)
            .ThenBy(score => score.Mechanism, StringComparer.Ordinal)];
    }

    private static CompositionalScore Score(
        AttentionPattern pattern, string mechanism, List<TaskResult> results, CompositionalConstants constants)
    {
        var columns = constants.Of(pattern).ToList();
        var normalised = new Dictionary<CompositionalColumn, double>();
        foreach (var result in results)
        {
            var column = columns.FirstOrDefault(column =>
                    (column.Task, column.Backbone, column.Metric) == (result.Task, result.Backbone, result.Metric))
                ?? throw new ArgumentException(
                    $"The {constants.Version} index has no column '{result.Task}, {result.Backbone}, {result.Metric}' for {pattern.Name}. "
                    + $"It has {string.Join("; ", columns.Select(c => $"{c.Task}, {c.Backbone}, {c.Metric}"))}.", nameof(results));
            if (!normalised.TryAdd(column, column.Normalise(result.Value)))
            {
                throw new ArgumentException(
                    $"'{mechanism}' has two results for '{result.Task}, {result.Backbone}, {result.Metric}' ({pattern.Name}). Keep "
                        + "one.", nameof(results));
            }
        }

        var tasks = columns.GroupBy(column => column.Group).Select(group => KeyValuePair.Create(
            group.Key, group.All(normalised.ContainsKey) ? group.Average(column => normalised[column]) : (double?)null)).ToList();
        return new CompositionalScore
        {
            Pattern = pattern,
            Mechanism = mechanism,
            Tasks = tasks,
            Total = tasks.All(task => task.Value is not null) ? tasks.Average(task => task.Value!.Value) : null,
            Missing = [.. columns.Where(column => !normalised.ContainsKey(column)).Select(column => $"{column.Task} {column.Metric}")],
        };
    }
}
