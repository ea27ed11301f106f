using System.Globalization;
using System.Text.Json;
using Bench.Attention;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Suites.Conformance;

/// <summary>One recorded case of the authors' code: facts from the manifest, and (for tensor files) its tensors as autograd leaves.</summary>
public sealed class GoldenCase
{
    /// <summary>Reads one manifest entry; tensors are read by <see cref="Load"/>.</summary>
    public GoldenCase(string folder, JsonElement entry)
    {
        Folder = folder;
        Entry = entry.Clone();
        File = Text("file") ?? throw new InvalidDataException("A manifest entry has no 'file'.");
        Mechanism = Text("mechanism") ?? throw new InvalidDataException($"The manifest entry of '{File}' has no 'mechanism'.");
    }

    /// <summary>Folder of the manifest.</summary>
    public string Folder { get; }

    /// <summary>The whole manifest entry.</summary>
    public JsonElement Entry { get; }

    /// <summary>File name inside the folder.</summary>
    public string File { get; }

    /// <summary>The authors' or the field's name of the mechanism or task.</summary>
    public string Mechanism { get; }

    /// <summary>Which keys a query may read; null for cases that are no attention.</summary>
    public AttentionPattern? Pattern => AttentionPatterns.TryParse(Text("pattern"), out var pattern) ? pattern : null;

    /// <summary><c>core</c>, <c>module</c>, or empty where the family does not say.</summary>
    public string Level => Text("level") ?? "";

    /// <summary>Tensors of the file by name. Inputs that have a recorded gradient require one.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors { get; private set; } = new Dictionary<string, Tensor>();

    /// <summary>The file's own metadata: layout, seed, notes.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; private set; } = new Dictionary<string, string>();

    /// <summary>The tensor of this name.</summary>
    /// <exception cref="InvalidDataException">The file has none.</exception>
    public Tensor this[string name] => Tensors.TryGetValue(name, out var tensor)
        ? tensor
        : throw new InvalidDataException($"'{File}' has no tensor '{name}'.");

    /// <summary>Whether the file has a tensor of this name.</summary>
    public bool Has(string name) => Tensors.ContainsKey(name);

    /// <summary>The tensor of this name, or null.</summary>
    public Tensor? Optional(string name) => Tensors.GetValueOrDefault(name);

    /// <summary>Element type of the case: that of <c>out</c>, or float32.</summary>
    public ScalarType Dtype => Optional("out")?.dtype ?? ScalarType.Float32;

    /// <summary>Reads the tensors anew, so that gradients start empty. The caller's dispose scope owns them.</summary>
    public void Load()
    {
        var (tensors, metadata) = Safetensors.Read(Path.Combine(Folder, File));
        foreach (var name in tensors.Keys.Where(name => name.StartsWith("grad.", StringComparison.Ordinal)).Select(name => name[5..]))
        {
            if (tensors.TryGetValue(name, out var leaf) && leaf.is_floating_point())
            {
                leaf.requires_grad_(true);
            }
        }

        (Tensors, Metadata) = (tensors, metadata);
    }

    /// <summary>An integer of <c>params</c>, or the default where it is absent or null.</summary>
    public int Int(string name, int absent = 0) => Param(name) is { ValueKind: JsonValueKind.Number } value ? (int)value.GetDouble() : absent;

    /// <summary>A number of <c>params</c>, or the default where it is absent or null.</summary>
    public double Number(string name, double absent = 0) => Param(name) is { ValueKind: JsonValueKind.Number } value ? value.GetDouble() : absent;

    /// <summary>A flag of <c>params</c>, or the default where it is absent or null.</summary>
    public bool Flag(string name, bool absent = false) => Param(name)?.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => absent,
    };

    /// <summary>A text of <c>params</c>, or null.</summary>
    public string? ParamText(string name) => Param(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>The raw element of <c>params</c>, or null.</summary>
    public JsonElement? Param(string name) =>
        Entry.TryGetProperty("params", out var parameters) && parameters.ValueKind == JsonValueKind.Object
        && parameters.TryGetProperty(name, out var value) ? value : null;

    /// <summary>A text field of the manifest entry, or null.</summary>
    public string? Text(string name) =>
        Entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Absolute and relative tolerance of a tensor: gradients have their own, ten times the output's where the manifest has none.</summary>
    public (double Atol, double Rtol) Tolerance(bool gradient)
    {
        double Get(string name, double absent) =>
            Entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : absent;

        var (atol, rtol) = (Get("atol", 1e-5), Get("rtol", 1e-4));
        // Ten times for float32; float64 gradients have room enough in the output's own tolerance times ten as well.
        return gradient ? (Get("grad_atol", 10 * atol), Get("grad_rtol", 10 * rtol)) : (atol, rtol);
    }

    /// <summary>Settings read from q, k and v for operator cases; heads and sizes come from the tensors, never from file names.</summary>
    public AttentionSettings OperatorSettings(string query = "q", string key = "k", string value = "v")
    {
        long[] q = this[query].shape, k = this[key].shape, v = this[value].shape;
        return new AttentionSettings(Pattern ?? AttentionPattern.NoncausalSelf, (int)q[1], (int)q[3])
        {
            ValueSize = (int)v[3],
            KeyValueHeads = (int)k[1],
            MaxLength = (int)Math.Max(q[2], k[2]),
        };
    }

    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Mechanism} ({File})");
}
