using System.Globalization;

namespace Bench.Suites.Lra;

/// <summary>The released ListOps files, <c>listops-1000/basic_{train,val,test}.tsv</c> of lra_release.</summary>
public static class ListOpsFile
{
    private const string Origin = "the archive lra_release of the Long Range Arena";

    /// <summary>Rows of a split, in stored order.</summary>
    /// <param name="folder">Folder of <c>listops-1000</c>.</param>
    /// <param name="split">Which file.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="FormatException">A line is no expression with its value; the message names the line.</exception>
    public static IEnumerable<LabelledTokens> Read(string folder, LraSplit split)
    {
        var name = split switch
        {
            LraSplit.Train => "basic_train.tsv",
            LraSplit.Validation => "basic_val.tsv",
            _ => "basic_test.tsv",
        };
        return Rows(LraFiles.Require(folder, Path.Combine("listops-1000", name), Origin));
    }

    private static IEnumerable<LabelledTokens> Rows(string path)
    {
        foreach (var (index, line) in File.ReadLines(path).Index().Skip(1))
        {
            var cells = line.Split('\t');
            if (cells.Length != 2 || !int.TryParse(cells[1], NumberStyles.None, CultureInfo.InvariantCulture, out var target) || target > 9)
            {
                throw new FormatException($"Line {index + 1} of '{path}' has no expression and digit separated by a tabulator.");
            }

            yield return new LabelledTokens(ListOpsExpression.Ids(ListOpsExpression.FromSource(cells[0])), target);
        }
    }
}
