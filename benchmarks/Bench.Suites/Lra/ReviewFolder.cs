namespace Bench.Suites.Lra;

/// <summary>
/// Film reviews as bytes from the folder layout of the Large Movie Review data set, <c>aclImdb/{train,test}/{neg,pos}/*.txt</c>. There is
/// no official
/// validation part: as in the original, it is the test part, and results must say so.
/// </summary>
/// <remarks>Maas et al., ACL 2011; Tay et al., arXiv:2011.04006.</remarks>
public static class ReviewFolder
{
    private const string Origin = "the Large Movie Review data set of Stanford (aclImdb_v1)";

    /// <summary>Rows of a split: negative (0) and positive (1) reviews alternating by file name.</summary>
    /// <param name="folder">Folder of <c>aclImdb</c>.</param>
    /// <param name="split">Validation reads the test part.</param>
    /// <param name="length">Most bytes of a review.</param>
    /// <exception cref="DirectoryNotFoundException">A folder is missing.</exception>
    public static IEnumerable<LabelledTokens> Read(string folder, LraSplit split, int length)
    {
        var part = split == LraSplit.Train ? "train" : "test";
        string[] Files(string name) =>
            [.. Directory.GetFiles(LraFiles.RequireFolder(folder, Path.Combine("aclImdb", part, name), Origin), "*.txt").Order(StringComparer.Ordinal)];

        var (negative, positive) = (Files("neg"), Files("pos"));
        return Rows(negative, positive, length);
    }

    private static IEnumerable<LabelledTokens> Rows(string[] negative, string[] positive, int length)
    {
        for (var i = 0; i < Math.Max(negative.Length, positive.Length); i++)
        {
            foreach (var (files, label) in new[] { (negative, 0), (positive, 1) })
            {
                if (i < files.Length)
                {
                    yield return new LabelledTokens(ByteTokens.Encode(File.ReadAllText(files[i]), length), label);
                }
            }
        }
    }
}
