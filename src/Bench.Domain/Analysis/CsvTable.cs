using System.Globalization;
using System.Text;

namespace Bench.Domain.Analysis;

/// <summary>A small table in comma-separated text with a header row (RFC 4180 quoting). Blank lines are skipped.</summary>
public sealed class CsvTable
{
    private CsvTable(IReadOnlyList<string> columns, IReadOnlyList<CsvRow> rows) => (Columns, Rows) = (columns, rows);

    /// <summary>Column names of the header.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Data rows, each as wide as the header.</summary>
    public IReadOnlyList<CsvRow> Rows { get; }

    /// <summary>Whether the header has all of these columns.</summary>
    public bool HasColumns(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (!Columns.Contains(name))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Reads a table.</summary>
    /// <exception cref="FormatException">There is no header, a quote is not closed, or a row is not as wide as the header.</exception>
    public static CsvTable Parse(string text)
    {
        var rows = Split(text);
        if (rows.Count == 0)
        {
            throw new FormatException("The table is empty. Its first line must name the columns.");
        }

        var header = rows[0].Cells;
        foreach (var row in rows.Skip(1))
        {
            if (row.Cells.Count != header.Count)
            {
                throw new FormatException($"Line {row.Line} has {row.Cells.Count} cells, but the header has {header.Count}. Check its "
                    + "commas and quotes.");
            }
        }

        return new CsvTable(header, [.. rows.Skip(1).Select(row => new CsvRow(row.Line, header, row.Cells))]);
    }

    private static List<(int Line, List<string> Cells)> Split(string text)
    {
        var rows = new List<(int, List<string>)>();
        var (cells, cell) = (new List<string>(), new StringBuilder());
        var (line, started, quoted, anyQuote) = (1, 1, false, false);
        foreach (var c in text.AsSpan().TrimStart('\uFEFF'))
        {
            if (quoted)
            {
                line += c == '\n' ? 1 : 0;
                // A doubled quote closes and opens again, so it is enough to toggle and keep the second one.
                if (c == '"')
                {
                    quoted = false;
                }
                else
                {
                    cell.Append(c);
                }
            }
            else if (c == '"')
            {
                if (anyQuote)
                {
                    cell.Append(c);
                }

                quoted = anyQuote = true;
            }
            else if (c is ',' or '\n')
            {
                EndCell();
                if (c == '\n')
                {
                    EndRow();
                    started = ++line;
                }
            }
            else if (c != '\r')
            {
                cell.Append(c);
            }
        }

        if (quoted)
        {
            throw new FormatException($"A quote opened on line {started} or later is never closed.");
        }

        EndCell();
        EndRow();
        return rows;

        void EndCell()
        {
            cells.Add(anyQuote ? cell.ToString() : cell.ToString().Trim());
            cell.Clear();
            anyQuote = false;
        }

        void EndRow()
        {
            if (cells.Count > 1 || cells[0].Length > 0)
            {
                rows.Add((started, cells));
            }

            cells = [];
        }
    }
}

/// <summary>A data row.</summary>
/// <param name="Line">Line of the file, counted from 1.</param>
/// <param name="Columns">Column names.</param>
/// <param name="Cells">Cell texts.</param>
public sealed record CsvRow(int Line, IReadOnlyList<string> Columns, IReadOnlyList<string> Cells)
{
    /// <summary>The text of a column that the table has.</summary>
    public string this[string column] => Cells[Columns.Index().First(item => item.Item == column).Index];

    /// <summary>A number with decimal point.</summary>
    /// <exception cref="FormatException">The cell is no finite number; the message names line and column.</exception>
    public double Number(string column) =>
        double.TryParse(this[column], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? value
            : throw new FormatException($"Line {Line}: '{this[column]}' in column '{column}' is no number (decimal point, no thousands "
                + "separator).");
}
