using System.Buffers.Binary;
using System.IO.Compression;
using Bench.Suites.Lra;

namespace Bench.Suites.Tests.Lra;

/// <summary>Loaders of released data sets, on small files of the same layout.</summary>
public sealed class ReleasedFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lra").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ListOps_rows_become_canonical_tokens()
    {
        Write("listops-1000/basic_val.tsv", "Source\tTarget\n( ( ( [MAX 1 ) 2 ) ] )\t2\n");

        var row = Assert.Single(ListOpsFile.Read(_folder, LraSplit.Validation));

        Assert.Equal([2, 7, 8, 5], row.Tokens);
        Assert.Equal(2, row.Label);
    }

    [Fact]
    public void ListOps_lines_without_a_digit_are_named()
    {
        Write("listops-1000/basic_test.tsv", "Source\tTarget\n( 1 )\t1\n( 1 )\tone\n");

        Assert.Contains("Line 3", Assert.Throws<FormatException>(() => ListOpsFile.Read(_folder, LraSplit.Test).ToList()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_files_are_named_with_their_origin() =>
        Assert.Contains("lra_release", Assert.Throws<FileNotFoundException>(() => ListOpsFile.Read(_folder, LraSplit.Train)).Message, StringComparison.Ordinal);

    [Fact]
    public void Document_pairs_keep_quotes_and_are_cut()
    {
        Write("tsv_data/new_aan_pairs.eval.tsv", "1.0\ta\tb\t\"AB\tcdef\n0.0\ta\tb\tx\ty\n");

        var pairs = RetrievalFile.Read(_folder, LraSplit.Validation, length: 3).ToList();

        Assert.Equal(['"' + 1, 'A' + 1, 'B' + 1], pairs[0].First);
        Assert.Equal(['c' + 1, 'd' + 1, 'e' + 1], pairs[0].Second);
        Assert.Equal([1, 0], pairs.Select(pair => pair.Label));
    }

    [Fact]
    public void Document_pairs_with_another_number_of_cells_are_refused()
    {
        Write("tsv_data/new_aan_pairs.train.tsv", "1.0\ta\tb\tx\n");

        Assert.Throws<FormatException>(() => RetrievalFile.Read(_folder, LraSplit.Train).ToList());
    }

    [Fact]
    public void Reviews_alternate_between_classes()
    {
        Write("aclImdb/train/neg/0_1.txt", "bad");
        Write("aclImdb/train/neg/1_1.txt", "worse");
        Write("aclImdb/train/pos/0_9.txt", "good");

        var reviews = ReviewFolder.Read(_folder, LraSplit.Train, 100).ToList();

        Assert.Equal([0, 1, 0], reviews.Select(review => review.Label));
        Assert.Equal(['b' + 1, 'a' + 1, 'd' + 1], reviews[0].Tokens);
        Assert.Throws<DirectoryNotFoundException>(() => ReviewFolder.Read(_folder, LraSplit.Validation, 100));
    }

    [Theory]
    [InlineData("né", 10, new[] { 'n' + 1, 0xC3 + 1, 0xA9 + 1 })]
    [InlineData("né", 2, new[] { 'n' + 1, 0xC3 + 1 })]
    [InlineData("", 5, new int[0])]
    public void Bytes_are_counted_not_characters(string text, int length, int[] expected) => Assert.Equal(expected, ByteTokens.Encode(text, length));

    [Fact]
    public void Colour_images_become_grey_and_the_last_tenth_of_training_is_validation()
    {
        var image = new byte[3073];
        (image[0], image[1], image[1025], image[2049]) = (7, 100, 200, 50);
        for (var i = 1; i <= 5; i++)
        {
            Write($"cifar-10-batches-bin/data_batch_{i}.bin", [.. image, .. image]);
        }

        var (train, validation) = (GreyImageFile.Read(_folder, LraSplit.Train).ToList(), GreyImageFile.Read(_folder, LraSplit.Validation).ToList());

        Assert.Equal((9, 1), (train.Count, validation.Count));
        Assert.Equal(7, train[0].Label);
        Assert.Equal(1024, train[0].Tokens.Count);
        // 0.2989·100 + 0.5870·200 + 0.1140·50 = 152.99
        Assert.Equal(152, train[0].Tokens[0]);
    }

    [Fact]
    public void A_cut_off_image_file_is_refused()
    {
        Write("cifar-10-batches-bin/test_batch.bin", new byte[3000]);

        Assert.Throws<InvalidDataException>(() => GreyImageFile.Read(_folder, LraSplit.Test).ToList());
    }

    [Fact]
    public void Pathfinder_images_are_read_through_every_filter_and_empty_ones_skipped()
    {
        var pixels = Enumerable.Range(0, 32 * 32).Select(i => (byte)(i * 37 % 256)).ToArray();
        var lines = new List<string>();
        for (var i = 0; i < 11; i++)
        {
            Write($"pathfinder32/curv_contour_length_14/imgs/0/sample_{i}.png", i == 3 ? [] : Png(pixels, filter: i % 5));
            lines.Add($"imgs/0 sample_{i}.png {i} {i % 2} 1.0 14 4 2 0.5 1 1");
        }

        Write("pathfinder32/curv_contour_length_14/metadata/0.npy", string.Join('\n', lines) + "\n");

        var rows = Enum.GetValues<LraSplit>().ToDictionary(split => split, split => PathfinderFolder.Read(_folder, 32, split).ToList());

        Assert.Equal((8, 1, 1), (rows[LraSplit.Train].Count, rows[LraSplit.Validation].Count, rows[LraSplit.Test].Count));
        Assert.All(rows.Values.SelectMany(part => part), row => Assert.Equal(pixels.Select(pixel => (int)pixel), row.Tokens));
        Assert.Equal([0, 1, 0, 0, 1, 0, 1, 0], rows[LraSplit.Train].Select(row => row.Label));
    }

    [Fact]
    public void A_colour_picture_is_refused()
    {
        var png = Png(new byte[32 * 32], filter: 0);
        png[8 + 8 + 9] = 2;
        Write("pathfinder32/curv_contour_length_14/imgs/0/sample_0.png", png);
        Write("pathfinder32/curv_contour_length_14/metadata/0.npy", "imgs/0 sample_0.png 0 1\n");

        Assert.Throws<InvalidDataException>(() => PathfinderFolder.Read(_folder, 32, LraSplit.Test).ToList());
    }

    /// <summary>A 32 × 32 grey PNG whose lines all use one filter. Checksums are left empty: the reader does not need them.</summary>
    private static byte[] Png(byte[] pixels, int filter)
    {
        using var data = new MemoryStream();
        using (var deflate = new ZLibStream(data, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var y = 0; y < 32; y++)
            {
                deflate.WriteByte((byte)filter);
                for (var x = 0; x < 32; x++)
                {
                    int left = x > 0 ? pixels[(y * 32) + x - 1] : 0, up = y > 0 ? pixels[((y - 1) * 32) + x] : 0;
                    var corner = x > 0 && y > 0 ? pixels[((y - 1) * 32) + x - 1] : 0;
                    var nearest = new[] { left, up, corner }.MinBy(value => Math.Abs(left + up - corner - value));
                    var predicted = filter switch { 0 => 0, 1 => left, 2 => up, 3 => (left + up) / 2, _ => nearest };
                    deflate.WriteByte((byte)(pixels[(y * 32) + x] - predicted));
                }
            }
        }

        byte[] header = [0, 0, 0, 32, 0, 0, 0, 32, 8, 0, 0, 0, 0];
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, .. Chunk("IHDR", header), .. Chunk("IDAT", data.ToArray()), .. Chunk("IEND", [])];

        static byte[] Chunk(string kind, byte[] body)
        {
            var size = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(size, body.Length);
            return [.. size, .. System.Text.Encoding.ASCII.GetBytes(kind), .. body, 0, 0, 0, 0];
        }
    }

    private void Write(string name, string text) => Write(name, System.Text.Encoding.UTF8.GetBytes(text));

    private void Write(string name, byte[] bytes)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
    }
}
