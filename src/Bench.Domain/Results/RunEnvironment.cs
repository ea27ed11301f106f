using System.Security.Cryptography;
using System.Text;

namespace Bench.Domain.Results;

/// <summary>
/// Where a number was made, as a flat document of text facts (<c>cpu.model</c>, <c>git.commit</c>, …). Equal hash means the same environment.
/// </summary>
public sealed class RunEnvironment : SortedDictionary<string, string>
{
    /// <summary>An empty document with ordinal order.</summary>
    public RunEnvironment()
        : base(StringComparer.Ordinal)
    {
    }

    /// <summary>A copy of the given facts.</summary>
    public RunEnvironment(IEnumerable<KeyValuePair<string, string>> facts)
        : this()
    {
        foreach (var (name, value) in facts)
        {
            this[name] = value;
        }
    }

    /// <summary><c>sha256:</c> and the hexadecimal digest of all facts in order.</summary>
    public string Hash() => "sha256:" + Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', this.Select(fact => $"{fact.Key}={fact.Value}")))));

    /// <summary>Facts that must be equal for two times to be comparable; see <see cref="DeviceClass"/> for the coarse one.</summary>
    public static IReadOnlyList<string> ComparabilityFacts { get; } =
        ["device.class", "device.model", "torch.version", "threads.torch", "allocator", "protocol", "driver.version"];

    /// <summary>The coarse kind of device that a curve is drawn for, such as <c>cpu-avx512</c> or <c>cuda-a100-80gb</c>.</summary>
    public string DeviceClass => TryGetValue("device.class", out var value) ? value : "unknown";

    /// <summary>A short hash over <see cref="ComparabilityFacts"/>; numbers of different keys are never ranked together.</summary>
    public string ComparabilityKey() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Join('\n', ComparabilityFacts.Select(name => $"{name}={(TryGetValue(name, out var value) ? value : "")}")))))[..12];
}
