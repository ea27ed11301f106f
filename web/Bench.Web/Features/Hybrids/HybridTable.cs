using Bench.Web.Components.Format;
using Bench.Web.Features.Recall;

namespace Bench.Web.Features.Hybrids;

/// <summary>Takes the hybrids and what they are measured against out of a recall table.</summary>
internal static class HybridTable
{
    /// <summary>Name of the mechanism.</summary>
    public const string Mechanism = "hybrid";

    /// <summary>
    /// Hybrids and the pure stacks of the same models, in the columns in which a hybrid was measured; a view without rows when none was.
    /// </summary>
    public static RecallView Of(RecallView view)
    {
        var columns = Enumerable.Range(0, view.Columns.Count)
            .Where(column => view.Rows.Any(row => row.Mechanism == Mechanism && row.Values[column] is not null)).ToList();
        var rows = view.Rows
            .Where(row => columns.Exists(column => row.Values[column] is not null))
            .Select(row => row with { Values = [.. columns.Select(column => row.Values[column])] }).ToList();
        return view with { Columns = [.. columns.Select(column => view.Columns[column])], Rows = rows };
    }

    /// <summary>How the best hybrid stands to the best pure stack at the hardest setting.</summary>
    public static string Sentence(RecallView view)
    {
        var column = view.Columns.Count - 1;
        RecallRow? Best(bool hybrid) => view.Rows.Where(row => row.Mechanism == Mechanism == hybrid && row.Values[column]?.Median is not null)
            .MaxBy(row => row.Values[column]!.Median);
        return (Best(true), Best(false)) switch
        {
            ({ } mixed, { } pure) => $"At {view.Columns[column].Title} the best hybrid, {mixed.Name}, recalls {Show.Percent(mixed.Values[column]!.Median!.Value)} %; "
                + $"the best pure stack, {pure.Name}, {Show.Percent(pure.Values[column]!.Median!.Value)} %.",
            ({ } mixed, null) => $"At {view.Columns[column].Title} the best hybrid, {mixed.Name}, recalls {Show.Percent(mixed.Values[column]!.Median!.Value)} %.",
            _ => $"No number yet at {view.Columns[column].Title}.",
        };
    }
}
