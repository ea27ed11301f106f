using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace Bench.Domain.Matrix;

/// <summary>One point of the task matrix: what is run, on which shape, on which kind of device. Addressed by <see cref="Key"/>.</summary>
public sealed record Cell
{
    /// <summary>Task id, such as <c>efficiency/forward</c> or <c>recall/mqar</c>.</summary>
    public required string Task { get; init; }

    /// <summary>Implementation id, <c>mechanism/implementation</c>.</summary>
    public required string Implementation { get; init; }

    /// <summary>Which keys a query may read.</summary>
    public required AttentionPattern Pattern { get; init; }

    /// <summary>B: sequences per call.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>H: heads.</summary>
    public int Heads { get; init; } = 8;

    /// <summary>D: numbers per head in queries, keys and values.</summary>
    public int HeadSize { get; init; } = 64;

    /// <summary>N: query length in tokens.</summary>
    public required int Length { get; init; }

    /// <summary>M: key length in tokens of a cross pattern; null means M = N.</summary>
    public int? SourceLength { get; init; }

    /// <summary>Element type: <c>float32</c>, <c>bfloat16</c>, <c>float16</c> or <c>float64</c>.</summary>
    public string Dtype { get; init; } = "float32";

    /// <summary>Kind of device, <c>cpu</c> or <c>cuda</c>.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Options of the implementation that differ from its defaults, such as <c>window = 16</c>.</summary>
    public SortedDictionary<string, string> Options { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Parameters of the task, such as <c>pairs = 4</c>.</summary>
    public SortedDictionary<string, string> Parameters { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The mechanism part of <see cref="Implementation"/>.</summary>
    [JsonIgnore]
    public string Mechanism => Implementation.Split('/')[0];

    /// <summary>Every field in one line, in a fixed order. Equal text means the same cell.</summary>
    [JsonIgnore]
    public string CanonicalText => string.Create(
        CultureInfo.InvariantCulture,
        $"{Task}|{Implementation}|{Pattern.Name}|B{Batch}|H{Heads}|D{HeadSize}|N{Length}|M{SourceLength ?? Length}|{Dtype}|{Device}")
        + "|" + Join(Options) + "|" + Join(Parameters);

    /// <summary>A short stable address: <c>cell_</c> and 26 hexadecimal digits of the SHA-256 of <see cref="CanonicalText"/>.</summary>
    [JsonIgnore]
    public string Key => "cell_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(CanonicalText)))[..26];

    /// <inheritdoc />
    public bool Equals(Cell? other) => other is not null && CanonicalText == other.CanonicalText;

    /// <inheritdoc />
    public override int GetHashCode() => CanonicalText.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc />
    public override string ToString() => CanonicalText;

    private static string Join(SortedDictionary<string, string> values) => string.Join(",", values.Select(p => $"{p.Key}={p.Value}"));
}
