namespace Bench.Suites.Lra;

/// <summary>Two documents and whether one cites the other.</summary>
/// <param name="First">Bytes of the first, as ids.</param>
/// <param name="Second">Bytes of the second.</param>
/// <param name="Label">1 when they cite each other.</param>
public sealed record DocumentPair(IReadOnlyList<int> First, IReadOnlyList<int> Second, int Label);

/// <summary>
/// The released document pairs, <c>tsv_data/new_aan_pairs.{train,eval,test}.tsv</c> of lra_release. Two encoders with shared weights read
/// the documents; no
/// attention may look across the pair.
/// </summary>
public static class RetrievalFile
{
    private const string Origin = "the archive lra_release of the Long Range Arena";
    private const int LabelColumn = 0;
    private const int FirstColumn = 3;
    private const int SecondColumn = 4;

    /// <summary>Rows of a split, in stored order.</summary>
    /// <param name="folder">Folder of <c>tsv_data</c>.</param>
    /// <param name="split">Which file.</param>
    /// <param name="length">Most bytes of each document; 4000 in the paper.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="FormatException">A line has not five cells, or no label 0.0 or 1.0; the message names the line.</exception>
    public static IEnumerable<DocumentPair> Read(string folder, LraSplit split, int length = 4000)
    {
        var name = split switch
        {
            LraSplit.Train => "new_aan_pairs.train.tsv",
            LraSplit.Validation => "new_aan_pairs.eval.tsv",
            _ => "new_aan_pairs.test.tsv",
        };
        return Rows(LraFiles.Require(folder, Path.Combine("tsv_data", name), Origin), length);
    }

    private static IEnumerable<DocumentPair> Rows(string path, int length)
    {
        foreach (var (index, line) in File.ReadLines(path).Index())
        {
            // No quoting in these files: a quote is an ordinary character.
            var cells = line.Split('\t');
            if (cells.Length != 5 || cells[LabelColumn] is not ("0.0" or "1.0"))
            {
                throw new FormatException($"Line {index + 1} of '{path}' has {cells.Length} cells instead of five, or no label 0.0 or "
                    + "1.0.");
            }

            yield return new DocumentPair(
                ByteTokens.Encode(cells[FirstColumn], length), ByteTokens.Encode(cells[SecondColumn], length), cells[LabelColumn] == "1.0" ? 1 : 0);
        }
    }
}
