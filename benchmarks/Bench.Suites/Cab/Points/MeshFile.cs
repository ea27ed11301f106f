using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Bench.Suites.Cab.Points;

/// <summary>Reads the triangles of Wavefront OBJ, Geomview OFF and STL (text or binary) files; faces with more corners are cut into fans.</summary>
public static class MeshFile
{
    /// <summary>Reads a mesh by the file's extension.</summary>
    /// <exception cref="InvalidDataException">Another kind of file, a broken one, or one without triangles.</exception>
    public static TriangleMesh Read(string path)
    {
        try
        {
            var mesh = Path.GetExtension(path).ToLowerInvariant() switch
            {
                ".obj" => Obj(File.ReadLines(path)),
                ".off" => Off(File.ReadLines(path)),
                ".stl" => Stl(File.ReadAllBytes(path)),
                var other => throw new InvalidDataException($"'{path}': meshes are read from .obj, .off and .stl, not from '{other}'."),
            };
            var corners = mesh.Vertices.Length / 3;
            return mesh.Faces.Length > 0 && mesh.Faces.All(corner => corner >= 0 && corner < corners)
                ? mesh
                : throw new InvalidDataException($"'{path}' has no triangle, or one with a corner that does not exist.");
        }
        catch (Exception mistake) when (mistake is FormatException or OverflowException or IndexOutOfRangeException or ArgumentOutOfRangeException)
        {
            throw new InvalidDataException($"'{path}' is no readable mesh: {mistake.Message}", mistake);
        }
    }

    private static TriangleMesh Obj(IEnumerable<string> lines)
    {
        var (vertices, faces) = (new List<float>(), new List<int>());
        foreach (var words in lines.Select(Words).Where(words => words.Length > 3))
        {
            if (words[0] == "v")
            {
                vertices.AddRange(words[1..4].Select(Number));
            }
            else if (words[0] == "f")
            {
                // "7/1/3": vertex, texture, normal; negative numbers count back from the newest vertex.
                var corners = words[1..].Select(word => int.Parse(word.Split('/')[0], CultureInfo.InvariantCulture)).Select(number => number > 0 ? number - 1 : (vertices.Count / 3) + number);
                Fan(faces, [.. corners]);
            }
        }

        return new TriangleMesh([.. vertices], [.. faces]);
    }

    private static TriangleMesh Off(IEnumerable<string> lines)
    {
        var words = new Queue<string>(lines.SelectMany(line => Words(line.Split('#')[0])));
        if (words.Count < 4 || words.Dequeue() != "OFF")
        {
            throw new FormatException("it does not start with 'OFF'.");
        }

        int Take() => int.Parse(words.Count > 0 ? words.Dequeue() : "", CultureInfo.InvariantCulture);
        var (corners, polygons, _) = (Take(), Take(), Take());
        var vertices = Enumerable.Range(0, corners * 3).Select(_ => Number(words.Count > 0 ? words.Dequeue() : "")).ToArray();
        var faces = new List<int>();
        for (var i = 0; i < polygons; i++)
        {
            Fan(faces, [.. Enumerable.Range(0, Take()).Select(_ => Take())]);
        }

        return new TriangleMesh(vertices, [.. faces]);
    }

    private static TriangleMesh Stl(byte[] file)
    {
        const int Header = 84, Record = 50;
        var vertices = new List<float>();
        if (file.Length >= Header && file.Length == Header + (Record * (long)BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(80))))
        {
            for (var at = Header; at < file.Length; at += Record)
            {
                // A normal, then three corners.
                for (var i = 3; i < 12; i++)
                {
                    vertices.Add(BinaryPrimitives.ReadSingleLittleEndian(file.AsSpan(at + (i * 4))));
                }
            }
        }
        else
        {
            foreach (var words in Encoding.ASCII.GetString(file).Split('\n').Select(Words).Where(words => words.Length == 4 && words[0] == "vertex"))
            {
                vertices.AddRange(words[1..].Select(Number));
            }
        }

        return new TriangleMesh([.. vertices], [.. Enumerable.Range(0, vertices.Count / 9 * 3)]);
    }

    private static void Fan(List<int> faces, int[] corners)
    {
        for (var i = 2; i < corners.Length; i++)
        {
            faces.AddRange([corners[0], corners[i - 1], corners[i]]);
        }
    }

    private static string[] Words(string line) => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static float Number(string word) => float.Parse(word, CultureInfo.InvariantCulture);
}
