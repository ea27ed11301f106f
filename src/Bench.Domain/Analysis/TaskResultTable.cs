using Bench.Domain.Matrix;

namespace Bench.Domain.Analysis;

/// <summary>Reads raw task results for the compositional index.</summary>
public static class TaskResultTable
{
    /// <summary>Name given to the single mechanism of a table without a mechanism column.</summary>
    public const string Unnamed = "unnamed";

    private static readonly string[] Needed = ["pattern", "task", "backbone", "metric", "value"];

    /// <summary>
    /// Reads rows with the columns pattern, task, backbone, metric and value, with <c>mechanism</c> where there are several. Further
    /// columns are
    /// ignored. Without a mechanism column all rows belong to one mechanism.
    /// </summary>
    /// <param name="text">Comma-separated text with a header.</param>
    /// <param name="mechanism">Name for a table without a mechanism column.</param>
    /// <exception cref="FormatException">A column is missing, a pattern is unknown, or a value is no number.</exception>
    public static IReadOnlyList<TaskResult> Parse(string text, string mechanism = Unnamed)
    {
        var table = CsvTable.Parse(text);
        var missing = Needed.Where(column => !table.HasColumns(column)).ToList();
        if (missing.Count > 0)
        {
            throw new FormatException(
                $"The table lacks the column{(missing.Count > 1 ? "s" : "")} {string.Join(", ", missing)}; it has "
                    + $"{string.Join(", ", table.Columns)}.");
        }

        var named = table.HasColumns("mechanism");
        return [.. table.Rows.Select(row => new TaskResult(
            Pattern(row), named ? row["mechanism"] : mechanism, row["task"], row["backbone"], row["metric"], row.Number("value")))];
    }

    /// <summary>
    /// Puts unrounded averages in the place of rounded ones. CAB prints its forecasting averages with three decimals, but its leaderboard
    /// was
    /// computed from the unrounded ones; a forecast is replaced only where rounding the average gives the printed number.
    /// </summary>
    /// <param name="results">Results with rounded forecasts.</param>
    /// <param name="text">Table with the columns mechanism, dataset, mse_recomputed and mae_recomputed.</param>
    /// <returns>The results in the same order, and how many were replaced.</returns>
    /// <exception cref="FormatException">A column is missing or a value is no number.</exception>
    public static (IReadOnlyList<TaskResult> Results, int Replaced) WithUnroundedForecasts(IReadOnlyList<TaskResult> results, string text)
    {
        var table = CsvTable.Parse(text);
        if (!table.HasColumns("mechanism", "dataset", "mse_recomputed", "mae_recomputed"))
        {
            throw new FormatException(
                $"The averages need the columns mechanism, dataset, mse_recomputed, mae_recomputed; the table has "
                    + $"{string.Join(", ", table.Columns)}.");
        }

        var averages = table.Rows.SelectMany(row => new[] { ("MSE", row.Number("mse_recomputed")), ("MAE", row.Number("mae_recomputed")) },
                (row, pair) => (Key: (row["mechanism"], "LSTF-" + row["dataset"], Metric: pair.Item1), Value: pair.Item2))
            .ToDictionary(item => item.Key, item => item.Value);
        var replaced = 0;
        var exact = results.Select(result =>
        {
            // A half may have been rounded either way, so half a unit of the third decimal is the bound.
            if (!averages.TryGetValue((result.Mechanism, result.Task, result.Metric), out var average)
                || Math.Abs(average - result.Value) > 0.0005 + 1e-9 || average.Equals(result.Value))
            {
                return result;
            }

            replaced++;
            return result with { Value = average };
        }).ToList();
        return (exact, replaced);
    }

    private static AttentionPattern Pattern(CsvRow row)
    {
        try
        {
            return AttentionPatterns.Parse(row["pattern"]);
        }
        catch (FormatException mistake)
        {
            throw new FormatException($"Line {row.Line}: {mistake.Message}", mistake);
        }
    }
}
