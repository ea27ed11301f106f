using System.Globalization;

namespace Bench.Domain.Analysis;

/// <summary>Cost curves read from a table, and which cost they show.</summary>
/// <param name="Curves">One curve an implementation, in order of appearance.</param>
/// <param name="Quantity">Time or memory where the header says so; null where it does not.</param>
public sealed record CostTable(IReadOnlyList<CostCurve> Curves, CostQuantity? Quantity)
{
    private static readonly string[] BaselineNames = ["vanilla", "softmax"];

    /// <summary>
    /// Reads the wide form (implementation, then one column a length) or the long form (implementation, <c>sequence_length</c>, value).
    /// Several
    /// rows of one implementation and length are repetitions. <c>OOM</c> and <c>T/O</c> mark failed lengths; empty and <c>n/m</c> were not
    /// measured.
    /// </summary>
    /// <exception cref="FormatException">The table has neither form, or a cell is neither a number nor a known mark.</exception>
    public static CostTable Parse(string text)
    {
        var table = CsvTable.Parse(text);
        var cells = table.HasColumns("sequence_length") ? Long(table) : Wide(table);
        var curves = cells.GroupBy(cell => cell.Implementation, StringComparer.Ordinal)
            .Select(group => new CostCurve(group.Key, group.GroupBy(cell => cell.Length).Select(Point).OfType<CostPoint>())).ToList();
        return new CostTable(curves, QuantityOf(string.Join(' ', table.Columns)));
    }

    /// <summary>Time or memory from words in a header or file name; null when neither is said.</summary>
    public static CostQuantity? QuantityOf(string words)
    {
        var memory = words.Contains("memory", StringComparison.OrdinalIgnoreCase) || words.Contains("bytes", StringComparison.OrdinalIgnoreCase);
        var time = words.Contains("time", StringComparison.OrdinalIgnoreCase) || words.Contains("latency", StringComparison.OrdinalIgnoreCase);
        return memory == time ? null : memory ? CostQuantity.Memory : CostQuantity.Time;
    }

    /// <summary>The curve that the others are compared with.</summary>
    /// <param name="name">Its name; null takes <c>vanilla</c>, or else the first softmax implementation.</param>
    /// <exception cref="ArgumentException">There is none of that name; the message lists what there is.</exception>
    public CostCurve Baseline(string? name)
    {
        var found = name is not null
            ? Curves.FirstOrDefault(curve => curve.Implementation == name)
            : BaselineNames.SelectMany(baseline => Curves.Where(curve => curve.Implementation.Split('/')[0] == baseline)).FirstOrDefault();
        return found ?? throw new ArgumentException(
            $"The table has no baseline '{name ?? string.Join("' or '", BaselineNames)}'. It has "
                + $"{string.Join(", ", Curves.Select(c => c.Implementation))}; "
            + "name one of them with --baseline.");
    }

    private static IEnumerable<Cell> Wide(CsvTable table)
    {
        var lengths = table.Columns.Skip(1).ToList();
        if (lengths.Count == 0 || !lengths.All(column => int.TryParse(column, NumberStyles.None, CultureInfo.InvariantCulture, out _)))
        {
            throw new FormatException(
                $"The header '{string.Join(',', table.Columns)}' is neither the wide form (implementation,256,512,…) nor the long form "
                + "(mechanism,sequence_length,time_ms).");
        }

        return table.Rows.SelectMany(row => lengths.Select(column =>
            new Cell(row.Cells[0], int.Parse(column, CultureInfo.InvariantCulture), row, column)));
    }

    private static IEnumerable<Cell> Long(CsvTable table)
    {
        var value = table.Columns[^1];
        return table.Rows.Select(row => new Cell(row.Cells[0], Length(row), row, value));

        static int Length(CsvRow row) => row.Number("sequence_length") is var number && number == (int)number && number > 0
            ? (int)number
            : throw new FormatException($"Line {row.Line}: '{row["sequence_length"]}' is no length in tokens.");
    }

    private static CostPoint? Point(IGrouping<int, Cell> cells)
    {
        var marks = cells.Select(cell => cell.Row[cell.Column].ToUpperInvariant()).ToList();
        if (marks.Contains("OOM"))
        {
            return CostPoint.Failed(cells.Key, CostOutcome.OutOfMemory);
        }

        if (marks.Contains("T/O"))
        {
            return CostPoint.Failed(cells.Key, CostOutcome.TimedOut);
        }

        var numbers = cells.Where(cell => cell.Row[cell.Column] is not ("" or "n/m" or "n/s" or "-")).Select(cell => cell.Row.Number(cell.Column)).ToList();
        return numbers.Count > 0 ? new CostPoint(cells.Key, [numbers]) : null;
    }

    private sealed record Cell(string Implementation, int Length, CsvRow Row, string Column);
}
