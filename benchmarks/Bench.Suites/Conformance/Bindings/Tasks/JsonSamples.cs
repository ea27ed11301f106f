using System.Text.Json;

namespace Bench.Suites.Conformance.Bindings.Tasks;

/// <summary>A recorded task file: a header line, then one sample a line.</summary>
internal sealed class JsonSamples
{
    private JsonSamples(JsonElement header, IReadOnlyList<JsonElement> rows) => (Header, Rows) = (header, rows);

    /// <summary>Task, parameters, seeds, source, and the vocabulary where there is one.</summary>
    public JsonElement Header { get; }

    /// <summary>The samples.</summary>
    public IReadOnlyList<JsonElement> Rows { get; }

    /// <summary>Reads the file of a case.</summary>
    /// <exception cref="InvalidDataException">A line is no JSON, or the file has no header or no samples.</exception>
    public static JsonSamples Read(GoldenCase golden)
    {
        var lines = System.IO.File.ReadLines(Path.Combine(golden.Folder, golden.File)).Where(line => line.Length > 0).Select(Parse).ToList();
        return lines.Count > 1 && lines[0].TryGetProperty("header", out var mark) && mark.ValueKind == JsonValueKind.True
            ? new JsonSamples(lines[0], lines[1..])
            : throw new InvalidDataException($"'{golden.File}' needs a header line and at least one sample.");

        JsonElement Parse(string line, int index)
        {
            try
            {
                using var document = JsonDocument.Parse(line);
                return document.RootElement.Clone();
            }
            catch (JsonException mistake)
            {
                throw new InvalidDataException($"Line {index + 1} of '{golden.File}' is no JSON.", mistake);
            }
        }
    }

    /// <summary>A list of integers of a sample.</summary>
    /// <exception cref="InvalidDataException">The sample has none of these names.</exception>
    public static int[] Integers(JsonElement sample, params IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            if (sample.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array)
            {
                return [.. list.EnumerateArray().Select(number => number.GetInt32())];
            }
        }

        throw new InvalidDataException($"A sample has no list '{string.Join("' or '", names)}'.");
    }

    /// <summary>A flag of the header, its parameters, or the manifest's parameters.</summary>
    public bool Flag(GoldenCase golden, string name, bool absent)
    {
        foreach (var place in new[] { Header, Header.TryGetProperty("params", out var parameters) ? parameters : default })
        {
            if (place.ValueKind == JsonValueKind.Object && place.TryGetProperty(name, out var value)
                && value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            {
                return value.GetBoolean();
            }
        }

        return golden.Flag(name, absent);
    }
}
