using Bench.Domain.Analysis;
using Bench.Web.Features.Published;

namespace Bench.Web.Features.Recall;

/// <summary>A row's place in the measured order.</summary>
/// <param name="Name">Row of the recall table.</param>
/// <param name="Mean">Mean over seeds with its Student t interval.</param>
/// <param name="IsApart">Whether the interval lies wholly above that of the next row; null for the last.</param>
public sealed record RecallPlace(string Name, Estimate Mean, bool? IsApart);

/// <summary>Who remembers more: the measured order at the hardest difficulty, and the order that the authors of Based report for language models.</summary>
internal static class RecallOrder
{
    private static readonly string[] Scores = ["SWDE", "FDA", "SQUAD"];

    /// <summary>Address of the published table.</summary>
    public const string Slug = "linear-based-recall";

    /// <summary>
    /// Rows with at least two seeds at the last column, best first. The interval is that of the mean over seeds, so one row with a seed that
    /// failed to learn is not apart from anything.
    /// </summary>
    public static IReadOnlyList<RecallPlace> Measured(RecallView view)
    {
        var means = view.Rows
            .Where(row => row.Values.Count > 0 && row.Values[^1] is { SeedValues.Count: >= 2 })
            .Select(row => (row.Name, Mean: StudentT.MeanInterval(row.Values[^1]!.SeedValues)))
            .OrderByDescending(row => row.Mean.Value).ThenBy(row => row.Name, StringComparer.Ordinal)
            .ToList();
        return [.. means.Select((row, i) => new RecallPlace(row.Name, row.Mean, i + 1 < means.Count ? row.Mean.Lower > means[i + 1].Mean.Upper : null))];
    }

    /// <summary>Architecture and mean of the three recall scores, in %, at the largest published size, best first.</summary>
    public static IReadOnlyList<(string Architecture, double Score)> Published()
    {
        var table = PublishedTables.All.Single(table => table.Slug == Slug).Table;
        var size = table.Rows[^1]["size"];
        return [.. table.Rows.Where(row => row["size"] == size)
            .Select(row => (row["architecture"], Scores.Average(row.Number)))
            .OrderByDescending(row => row.Item2)];
    }
}
