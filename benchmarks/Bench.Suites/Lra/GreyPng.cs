using System.Buffers.Binary;
using System.IO.Compression;

namespace Bench.Suites.Lra;

/// <summary>Reads the one kind of PNG that Pathfinder uses: eight-bit grey, not interlaced.</summary>
internal static class GreyPng
{
    private static readonly byte[] Signature = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Pixels row by row.</summary>
    /// <exception cref="InvalidDataException">The file is no PNG, or of another kind.</exception>
    public static (int Width, int Height, byte[] Pixels) Read(string path)
    {
        var file = File.ReadAllBytes(path);
        if (!file.AsSpan().StartsWith(Signature))
        {
            throw new InvalidDataException($"'{path}' is no PNG file.");
        }

        var (width, height, data) = (0, 0, new MemoryStream());
        for (var at = Signature.Length; at + 12 <= file.Length;)
        {
            var size = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            var kind = System.Text.Encoding.ASCII.GetString(file, at + 4, 4);
            if (size < 0 || at + 12 + size > file.Length)
            {
                throw new InvalidDataException($"'{path}' is cut off.");
            }

            var body = file.AsSpan(at + 8, size);
            if (kind == "IHDR")
            {
                (width, height) = (BinaryPrimitives.ReadInt32BigEndian(body), BinaryPrimitives.ReadInt32BigEndian(body[4..]));
                // Bit depth, colour type, compression, filter, interlace.
                if (!body[8..13].SequenceEqual((byte[])[8, 0, 0, 0, 0]))
                {
                    throw new InvalidDataException($"'{path}' is not eight-bit grey without interlacing.");
                }
            }
            else if (kind == "IDAT")
            {
                data.Write(body);
            }

            at += 12 + size;
        }

        data.Position = 0;
        using var lines = new ZLibStream(data, CompressionMode.Decompress);
        return (width, height, Unfilter(lines, width, height, path));
    }

    private static byte[] Unfilter(ZLibStream lines, int width, int height, string path)
    {
        var pixels = new byte[width * height];
        var line = new byte[width + 1];
        for (var y = 0; y < height; y++)
        {
            if (lines.ReadAtLeast(line, line.Length, throwOnEndOfStream: false) < line.Length)
            {
                throw new InvalidDataException($"'{path}' is cut off.");
            }

            for (var x = 0; x < width; x++)
            {
                int left = x > 0 ? pixels[(y * width) + x - 1] : 0, up = y > 0 ? pixels[((y - 1) * width) + x] : 0;
                var corner = x > 0 && y > 0 ? pixels[((y - 1) * width) + x - 1] : 0;
                var predicted = line[0] switch
                {
                    0 => 0,
                    1 => left,
                    2 => up,
                    3 => (left + up) / 2,
                    4 => Paeth(left, up, corner),
                    _ => throw new InvalidDataException($"'{path}' has a line with the unknown filter {line[0]}."),
                };
                pixels[(y * width) + x] = (byte)(line[x + 1] + predicted);
            }
        }

        return pixels;
    }

    private static int Paeth(int left, int up, int corner)
    {
        var estimate = left + up - corner;
        var (a, b, c) = (Math.Abs(estimate - left), Math.Abs(estimate - up), Math.Abs(estimate - corner));
        return a <= b && a <= c ? left : b <= c ? up : corner;
    }
}
