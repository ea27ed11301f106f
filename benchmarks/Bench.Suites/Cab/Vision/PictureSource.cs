using System.Buffers.Binary;
using System.IO.Compression;
using Bench.Domain.Randomness;
using Bench.Suites.Data;

namespace Bench.Suites.Cab.Vision;

/// <summary>Pictures to enlarge, in three parts; all of one size.</summary>
/// <param name="Train">How many to train with.</param>
/// <param name="HeldOut">How many to validate and, apart from those, to test with.</param>
/// <param name="Make">A picture: part 0 trains, 1 validates, 2 tests. Pure, for any thread.</param>
public sealed record PictureSource(int Train, int HeldOut, Func<int, long, Picture> Make)
{
    private const int ImagesMagic = 2051;

    /// <summary>
    /// Fashion-MNIST: 60,000 training pictures, of the other 10,000 the first ones validate and the last ones test. Grey, brought to the wanted size.
    /// </summary>
    /// <exception cref="DataMissingException">The package is not prepared.</exception>
    public static PictureSource FashionMnist(int pixels, int heldOut)
    {
        var folder = Path.Combine(DataFolder.Package("fashion-mnist"), "usr", "share", "datasets", "fashion-mnist");
        var (train, test) = (Idx(Path.Combine(folder, "train-images-idx3-ubyte.gz")), Idx(Path.Combine(folder, "t10k-images-idx3-ubyte.gz")));
        return new PictureSource(train.Count, heldOut, (part, index) =>
        {
            var picture = part == 0 ? train.Read(index) : test.Read(part == 1 ? index : test.Count - 1 - index);
            return picture.Width == pixels ? picture : picture.Resize(pixels, pixels);
        });
    }

    /// <summary>
    /// Official faces: FFHQ trains (its last pictures validate), CelebA-HQ tests. PNG files below <c>images</c> in the order of their names, brought to the
    /// wanted size.
    /// </summary>
    /// <exception cref="DataMissingException">A folder is missing or has too few pictures.</exception>
    public static PictureSource Faces(int pixels, int heldOut)
    {
        var (train, test) = (Files("ffhq", heldOut + 1), Files("celeba-hq", heldOut));
        return new PictureSource(train.Count - heldOut, heldOut, (part, index) =>
        {
            var picture = PngFile.Read(part == 0 ? train[(int)index] : part == 1 ? train[train.Count - 1 - (int)index] : test[(int)index]);
            return picture.Width == pixels && picture.Height == pixels ? picture : picture.Resize(pixels, pixels);
        });
    }

    /// <summary>Grey random fields whose detail ends at a frequency: sums of plane waves, whose strength falls with their frequency.</summary>
    /// <param name="seed">Which sequence of pictures.</param>
    /// <param name="pixels">Height and width.</param>
    /// <param name="train">How many to train with.</param>
    /// <param name="heldOut">How many to validate and to test with.</param>
    public static PictureSource Fields(long seed, int pixels, int train, int heldOut) => new(train, heldOut, (part, index) =>
    {
        const int Waves = 24;
        var random = new CounterRandom(seed, (index * 3) + part);
        var values = new float[pixels * pixels];
        for (var wave = 0; wave < Waves; wave++)
        {
            double cycles = 0.5 + (0.25 * pixels * random.NextDouble() * random.NextDouble()), angle = 2 * Math.PI * random.NextDouble();
            double phase = 2 * Math.PI * random.NextDouble(), strength = 0.7 / (1 + cycles);
            double fx = 2 * Math.PI * cycles * Math.Cos(angle) / pixels, fy = 2 * Math.PI * cycles * Math.Sin(angle) / pixels;
            for (var i = 0; i < values.Length; i++)
            {
                values[i] += (float)(strength * Math.Sin((fx * (i % pixels)) + (fy * (i / pixels)) + phase));
            }
        }

        return new Picture(1, pixels, pixels, [.. values.Select(value => Math.Clamp(value, -1, 1))]);
    });

    private static List<string> Files(string set, int least)
    {
        var folder = Path.Combine(DataFolder.Official(set), "images");
        var files = Directory.EnumerateFiles(folder, "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        return files.Count >= least
            ? files
            : throw new DataMissingException($"'{folder}' has {files.Count} PNG files; at least {least} are needed. 'bench data status' shows where '{set}' comes from.");
    }

    private static IdxImages Idx(string path)
    {
        using var file = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var all = new MemoryStream();
        file.CopyTo(all);
        var bytes = all.ToArray();
        var (magic, count) = (BinaryPrimitives.ReadInt32BigEndian(bytes), BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4)));
        var (rows, columns) = (BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(8)), BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(12)));
        return magic == ImagesMagic && bytes.Length == 16 + ((long)count * rows * columns)
            ? new IdxImages(count, rows, columns, bytes)
            : throw new InvalidDataException($"'{path}' is no IDX file of images, or is cut off.");
    }

    private sealed record IdxImages(int Count, int Rows, int Columns, byte[] Bytes)
    {
        public Picture Read(long index) => new(1, Rows, Columns,
            [.. Bytes.AsSpan(16 + ((int)index * Rows * Columns), Rows * Columns).ToArray().Select(value => (value / 127.5f) - 1)]);
    }
}
