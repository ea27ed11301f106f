using System.Globalization;
using Bench.Data.Rows;

namespace Bench.Web.Features.Recall;

/// <summary>
/// Names of rows and columns of a recall table: dials of a mechanism and of the model belong to the row, what makes a task harder to the column.
/// </summary>
internal sealed class RecallNaming
{
    /// <summary>Parameters that change the model and not the data.</summary>
    private static readonly string[] Dials = ["layout", "keySize", "positions", "attentionDropout"];

    /// <summary>Parameters that change nothing about a number of the table: further lengths to test at.</summary>
    private static readonly string[] Silent = ["testLengths"];

    private readonly List<string> _varying;

    /// <summary>Names for these cells.</summary>
    public RecallNaming(IReadOnlyList<CellRow> cells) => _varying =
    [
        .. cells.SelectMany(cell => cell.Parameters.Keys).Distinct().Except(Dials).Except(Silent)
            .Where(name => cells.Select(cell => cell.Parameters.GetValueOrDefault(name, "")).Distinct().Count() > 1)
            .OrderByDescending(name => name == "pairs").ThenBy(name => name, StringComparer.Ordinal),
    ];

    /// <summary><c>local/blocked window=16</c> or <c>based-taylor/fused keySize=8</c>.</summary>
    public static string Row(CellRow cell) => string.Join(
        ' ', [SeriesName.Of(cell), .. Dials.Where(cell.Parameters.ContainsKey).Select(name => $"{name}={cell.Parameters[name]}")]);

    /// <summary>The difficulty of a cell.</summary>
    public RecallColumn Column(CellRow cell)
    {
        var values = _varying.Select(name => (Name: name, Value: cell.Parameters.GetValueOrDefault(name, "–"))).ToList();
        var label = string.Join('/', [cell.Length.ToString(CultureInfo.InvariantCulture), .. values.Select(pair => pair.Value)]);
        var title = string.Join(", ", [$"length {cell.Length}", .. values.Select(pair => $"{pair.Name} {pair.Value}")]);
        return new RecallColumn(cell.Length, label, title);
    }
}
