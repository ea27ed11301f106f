using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Bench.Suites.Cab.Vision;

/// <summary>Reads pictures of the PNG kinds that face data sets use: eight-bit grey or colours, with or without transparency, not interlaced.</summary>
/// <remarks>W3C, "Portable Network Graphics (PNG) Specification", second edition, sections 4 to 9.</remarks>
public static class PngFile
{
    private static readonly byte[] Signature = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>A picture as <c>[3, H, W]</c> values in [−1, 1]; grey ones have three equal planes, transparency is left out.</summary>
    /// <exception cref="InvalidDataException">The file is no PNG, is cut off, or of another kind.</exception>
    public static Picture Read(string path)
    {
        var file = File.ReadAllBytes(path);
        if (!file.AsSpan().StartsWith(Signature))
        {
            throw new InvalidDataException($"'{path}' is no PNG file.");
        }

        var (width, height, samples, data) = (0, 0, 0, new MemoryStream());
        for (var at = Signature.Length; at + 12 <= file.Length;)
        {
            var size = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            if (size < 0 || at + 12L + size > file.Length)
            {
                throw new InvalidDataException($"'{path}' is cut off.");
            }

            var body = file.AsSpan(at + 8, size);
            switch (Encoding.ASCII.GetString(file, at + 4, 4))
            {
                case "IHDR" when size >= 13:
                    (width, height) = (BinaryPrimitives.ReadInt32BigEndian(body), BinaryPrimitives.ReadInt32BigEndian(body[4..]));
                    samples = Samples(body, path);
                    break;
                case "IDAT":
                    data.Write(body);
                    break;
            }

            at += 12 + size;
        }

        if (width <= 0 || height <= 0 || samples == 0)
        {
            throw new InvalidDataException($"'{path}' has no size.");
        }

        data.Position = 0;
        using var lines = new ZLibStream(data, CompressionMode.Decompress);
        return Planes(Unfilter(lines, width * samples, height, samples, path), width, height, samples);
    }

    private static int Samples(ReadOnlySpan<byte> header, string path) => (header[8], header[9], header[12]) switch
    {
        (8, 0, 0) => 1,
        (8, 2, 0) => 3,
        (8, 4, 0) => 2,
        (8, 6, 0) => 4,
        var (depth, colour, interlace) => throw new InvalidDataException(
            $"'{path}' has {depth} bits, colour type {colour} and interlace method {interlace}; eight-bit grey or colours without palette and interlacing are read."),
    };

    private static byte[] Unfilter(ZLibStream lines, int bytes, int height, int samples, string path)
    {
        var pixels = new byte[bytes * height];
        var line = new byte[bytes + 1];
        for (var y = 0; y < height; y++)
        {
            if (lines.ReadAtLeast(line, line.Length, throwOnEndOfStream: false) < line.Length)
            {
                throw new InvalidDataException($"'{path}' is cut off.");
            }

            for (var x = 0; x < bytes; x++)
            {
                int left = x >= samples ? pixels[(y * bytes) + x - samples] : 0, up = y > 0 ? pixels[((y - 1) * bytes) + x] : 0;
                var corner = x >= samples && y > 0 ? pixels[((y - 1) * bytes) + x - samples] : 0;
                pixels[(y * bytes) + x] = (byte)(line[x + 1] + line[0] switch
                {
                    0 => 0,
                    1 => left,
                    2 => up,
                    3 => (left + up) / 2,
                    4 => Paeth(left, up, corner),
                    _ => throw new InvalidDataException($"'{path}' has a line with the unknown filter {line[0]}."),
                });
            }
        }

        return pixels;
    }

    /// <summary>Whichever of the three neighbours is nearest to left + up − corner.</summary>
    private static int Paeth(int left, int up, int corner)
    {
        var estimate = left + up - corner;
        var (a, b, c) = (Math.Abs(estimate - left), Math.Abs(estimate - up), Math.Abs(estimate - corner));
        return a <= b && a <= c ? left : b <= c ? up : corner;
    }

    private static Picture Planes(byte[] pixels, int width, int height, int samples)
    {
        var (plane, values) = (width * height, new float[3 * width * height]);
        for (var i = 0; i < plane; i++)
        {
            for (var colour = 0; colour < 3; colour++)
            {
                values[(colour * plane) + i] = (pixels[(i * samples) + (samples > 2 ? colour : 0)] / 127.5f) - 1;
            }
        }

        return new Picture(3, height, width, values);
    }
}
