using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Bench.Suites.Cab.Points;

/// <summary>Reads x, y and z of a point cloud file (PCD, text or binary): the format of PCN.</summary>
public static class PcdFile
{
    private static readonly string[] Axes = ["x", "y", "z"];

    /// <summary>Points, <c>[N, 3]</c>.</summary>
    /// <exception cref="InvalidDataException">The file is no PCD, is cut off, compressed, or has no x, y, z in single precision.</exception>
    public static float[] Read(string path)
    {
        var file = File.ReadAllBytes(path);
        var (header, at) = (new Dictionary<string, string[]>(StringComparer.Ordinal), 0);
        while (!header.ContainsKey("DATA"))
        {
            var length = at < file.Length ? file.AsSpan(at).IndexOf((byte)'\n') : -1;
            if (length < 0)
            {
                throw new InvalidDataException($"'{path}' has no line 'DATA'; it is no PCD file.");
            }

            var words = Encoding.ASCII.GetString(file, at, length).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            at += length + 1;
            if (words.Length > 0 && words[0][0] != '#')
            {
                header[words[0]] = words[1..];
            }
        }

        string[] Line(string name) => header.GetValueOrDefault(name) is { Length: > 0 } found ? found : throw new InvalidDataException($"'{path}' has no line '{name}'.");
        var (fields, sizes, types) = (Line("FIELDS"), Line("SIZE"), Line("TYPE"));
        var places = Axes.Select(axis => Array.IndexOf(fields, axis)).ToArray();
        if (places.Any(place => place < 0 || types[place] != "F" || sizes[place] != "4"))
        {
            throw new InvalidDataException($"'{path}' must have x, y and z as single-precision numbers; its fields are {string.Join(' ', fields)}.");
        }

        var count = int.Parse(Line("POINTS")[0], CultureInfo.InvariantCulture);
        return Line("DATA")[0] switch
        {
            "ascii" => Text(Encoding.ASCII.GetString(file, at, file.Length - at), places, count, path),
            "binary" => Binary(file.AsSpan(at), places, [.. sizes.Select((size, i) => int.Parse(size, CultureInfo.InvariantCulture) * Times(header, i))], count, path),
            var other => throw new InvalidDataException($"'{path}' holds its points as '{other}'; convert it to ascii or binary."),
        };
    }

    private static int Times(Dictionary<string, string[]> header, int field) =>
        header.TryGetValue("COUNT", out var counts) ? int.Parse(counts[field], CultureInfo.InvariantCulture) : 1;

    private static float[] Text(string body, int[] places, int count, string path)
    {
        var lines = body.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.Length < count
            ? throw new InvalidDataException($"'{path}' announces {count} points and has {lines.Length}.")
            : [.. lines.Take(count).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).SelectMany(words => places.Select(place => float.Parse(words[place], CultureInfo.InvariantCulture)))];
    }

    private static float[] Binary(ReadOnlySpan<byte> body, int[] places, int[] sizes, int count, string path)
    {
        var (row, points) = (sizes.Sum(), new float[count * 3]);
        if (body.Length < (long)row * count)
        {
            throw new InvalidDataException($"'{path}' announces {count} points of {row} bytes and is cut off after {body.Length} bytes.");
        }

        for (var i = 0; i < count; i++)
        {
            for (var axis = 0; axis < 3; axis++)
            {
                points[(i * 3) + axis] = BinaryPrimitives.ReadSingleLittleEndian(body[((i * row) + sizes[..places[axis]].Sum())..]);
            }
        }

        return points;
    }
}
