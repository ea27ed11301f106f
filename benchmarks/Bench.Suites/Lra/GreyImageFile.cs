namespace Bench.Suites.Lra;

/// <summary>
/// CIFAR-10 as 1,024 grey levels, from the binary layout <c>cifar-10-batches-bin</c>: a class byte, then 32 × 32 red, green and blue bytes.
/// </summary>
/// <remarks>
/// Krizhevsky, 2009; Tay et al., arXiv:2011.04006: luma weights 0.2989, 0.5870, 0.1140; the last tenth of training is validation.
/// </remarks>
public static class GreyImageFile
{
    /// <summary>Grey levels 0 … 255 are tokens 0 … 255; nothing is padded.</summary>
    public const int VocabularySize = 256;

    private const string Origin = "the CIFAR-10 data set, binary version";
    private const int Area = 32 * 32;
    private const int RowBytes = 1 + (3 * Area);
    private const int Classes = 10;

    /// <summary>Images of a split, in stored order.</summary>
    /// <param name="folder">Folder of <c>cifar-10-batches-bin</c>.</param>
    /// <param name="split">Train is the first nine tenths of the five training files.</param>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file is cut off, or a class is none of ten.</exception>
    public static IEnumerable<LabelledTokens> Read(string folder, LraSplit split)
    {
        string[] names = split == LraSplit.Test ? ["test_batch.bin"] : [.. Enumerable.Range(1, 5).Select(i => $"data_batch_{i}.bin")];
        var files = names.Select(name => LraFiles.Require(folder, Path.Combine("cifar-10-batches-bin", name), Origin)).ToList();
        var total = files.Sum(file => new FileInfo(file).Length / RowBytes);
        var rows = files.SelectMany(Rows);
        return split switch
        {
            LraSplit.Train => rows.Take((int)(total - (total / 10))),
            LraSplit.Validation => rows.Skip((int)(total - (total / 10))),
            _ => rows,
        };
    }

    private static IEnumerable<LabelledTokens> Rows(string path)
    {
        using var stream = File.OpenRead(path);
        if (stream.Length % RowBytes != 0)
        {
            throw new InvalidDataException($"'{path}' has {stream.Length} bytes, not a multiple of {RowBytes}: it is cut off or another "
                + "layout.");
        }

        var bytes = new byte[RowBytes];
        while (stream.ReadAtLeast(bytes, RowBytes, throwOnEndOfStream: false) == RowBytes)
        {
            if (bytes[0] >= Classes)
            {
                throw new InvalidDataException($"'{path}' has the class {bytes[0]}; CIFAR-10 has {Classes}.");
            }

            yield return new LabelledTokens(
                [.. Enumerable.Range(1, Area).Select(i => (int)((0.2989 * bytes[i]) + (0.5870 * bytes[i + Area]) + (0.1140 * bytes[i + (2 * Area)])))], bytes[0]);
        }
    }
}
