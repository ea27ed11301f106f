using System.Buffers.Binary;
using System.Text.Json;
using static TorchSharp.torch;

namespace Bench.Suites.Conformance;

/// <summary>Reads the safetensors format: an eight-byte length, a JSON header, raw little-endian data.</summary>
public static class Safetensors
{
    /// <summary>All tensors of a file by name, and its free-form metadata.</summary>
    /// <exception cref="InvalidDataException">The file is truncated, or a header entry does not fit its data.</exception>
    public static (Dictionary<string, Tensor> Tensors, Dictionary<string, string> Metadata) Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var name = Path.GetFileName(path);
        if (bytes.Length < 8 || BinaryPrimitives.ReadUInt64LittleEndian(bytes) is var length && length > (ulong)bytes.Length - 8)
        {
            throw new InvalidDataException($"'{name}' is no safetensors file: it is shorter than its header says.");
        }

        var data = 8 + (int)length;
        using var header = ParseHeader(bytes.AsMemory(8, (int)length), name);
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in header.RootElement.EnumerateObject())
        {
            if (entry.Name == "__metadata__")
            {
                metadata = entry.Value.EnumerateObject().ToDictionary(pair => pair.Name, pair => pair.Value.GetString() ?? "");
                continue;
            }

            var sizes = entry.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()).ToArray();
            var offsets = entry.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32()).ToArray();
            var tensor = zeros(sizes, dtype: Dtype(entry.Value.GetProperty("dtype").GetString()!, name));
            if (offsets[1] - offsets[0] != tensor.bytes.Length || data + offsets[1] > bytes.Length)
            {
                throw new InvalidDataException(
                    $"'{name}': tensor '{entry.Name}' needs {tensor.bytes.Length} bytes, its offsets give {offsets[1] - offsets[0]} of {bytes.Length - data}.");
            }

            bytes.AsSpan(data + offsets[0], offsets[1] - offsets[0]).CopyTo(tensor.bytes);
            tensors[entry.Name] = tensor;
        }

        return (tensors, metadata);
    }

    private static JsonDocument ParseHeader(ReadOnlyMemory<byte> header, string name)
    {
        try
        {
            return JsonDocument.Parse(header);
        }
        catch (JsonException mistake)
        {
            throw new InvalidDataException($"'{name}' is no safetensors file: its header is no JSON.", mistake);
        }
    }

    private static ScalarType Dtype(string text, string name) => text switch
    {
        "F64" => ScalarType.Float64,
        "F32" => ScalarType.Float32,
        "F16" => ScalarType.Float16,
        "BF16" => ScalarType.BFloat16,
        "I64" => ScalarType.Int64,
        "I32" => ScalarType.Int32,
        "I16" => ScalarType.Int16,
        "I8" => ScalarType.Int8,
        "U8" => ScalarType.Byte,
        "BOOL" => ScalarType.Bool,
        _ => throw new InvalidDataException($"'{name}' holds a tensor of type {text}, which is not read here."),
    };
}
