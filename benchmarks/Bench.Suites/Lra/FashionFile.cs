using System.Buffers.Binary;
using System.IO.Compression;

namespace Bench.Suites.Lra;

/// <summary>
/// Fashion-MNIST, <c>usr/share/datasets/fashion-mnist/{train,t10k}-{images-idx3,labels-idx1}-ubyte.gz</c>: 28 × 28 grey pictures of ten kinds of
/// clothes, here with two black pixels on each side, 32 × 32. The last tenth of training is validation.
/// </summary>
/// <remarks>Xiao et al., arXiv:1708.07747.</remarks>
public static class FashionFile
{
    private const int Side = 28;
    private const int Border = 2;
    private const int Padded = Side + (2 * Border);
    private const int ImageMagic = 2051;
    private const int LabelMagic = 2049;
    private const string Origin = "the Debian package dataset-fashion-mnist";

    /// <summary>Grey levels 0 … 255 and classes of a part, in stored order.</summary>
    /// <param name="folder">The unpacked package.</param>
    /// <param name="split">Which part.</param>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file is of another layout.</exception>
    public static IEnumerable<LabelledTokens> Read(string folder, LraSplit split)
    {
        var name = split == LraSplit.Test ? "t10k" : "train";
        var images = Open(folder, $"{name}-images-idx3-ubyte.gz", ImageMagic, headerNumbers: 4);
        var labels = Open(folder, $"{name}-labels-idx1-ubyte.gz", LabelMagic, headerNumbers: 2);
        using (images.Stream)
        using (labels.Stream)
        {
            var count = images.Count;
            if (labels.Count != count)
            {
                throw new InvalidDataException($"There are {count} pictures but {labels.Count} classes in the part '{name}'.");
            }

            var train = count - (count / 10);
            var pixels = new byte[Side * Side];
            for (var i = 0; i < count; i++)
            {
                images.Stream.ReadExactly(pixels);
                var label = labels.Stream.ReadByte();
                if (split == LraSplit.Test || i < train == (split == LraSplit.Train))
                {
                    yield return new LabelledTokens(Frame(pixels), label);
                }
            }
        }
    }

    private static (GZipStream Stream, int Count) Open(string folder, string name, int magic, int headerNumbers)
    {
        var path = LraFiles.Require(folder, Path.Combine("usr", "share", "datasets", "fashion-mnist", name), Origin);
        var stream = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        var header = new byte[headerNumbers * sizeof(int)];
        stream.ReadExactly(header);
        return BinaryPrimitives.ReadInt32BigEndian(header) == magic
            ? (stream, BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(sizeof(int))))
            : throw new InvalidDataException($"'{path}' does not start with {magic}: it is no IDX file of the kind that is expected.");
    }

    private static int[] Frame(byte[] pixels)
    {
        var framed = new int[Padded * Padded];
        for (var i = 0; i < pixels.Length; i++)
        {
            framed[((Border + (i / Side)) * Padded) + Border + (i % Side)] = pixels[i];
        }

        return framed;
    }
}
