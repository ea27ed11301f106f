using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Suites.Harness;

/// <summary>Empties the last-level cache by reading and writing twice its size.</summary>
public sealed class CacheFlush : IDisposable
{
    /// <summary>Used where the machine does not tell its cache: more than today's CPUs and GPUs have.</summary>
    private const long UnknownCacheBytes = 256L << 20;

    private readonly Tensor _buffer;

    /// <summary>Takes the memory that it writes to.</summary>
    /// <param name="device">Whose cache.</param>
    public CacheFlush(Device device)
    {
        var cache = device.type == DeviceType.CPU ? LastLevelCacheBytes("/sys/devices/system/cpu/cpu0/cache") ?? UnknownCacheBytes : UnknownCacheBytes;
        _buffer = zeros(2 * cache / sizeof(float), dtype: ScalarType.Float32, device: device).DetachFromDisposeScope();
    }

    /// <summary>Bytes that one flush goes through.</summary>
    public long Bytes => _buffer.NumberOfElements * sizeof(float);

    /// <summary>Empties the cache; on a GPU the work is queued before whatever follows.</summary>
    public void Flush()
    {
        using var nograd = no_grad();
        _buffer.add_(1);
    }

    /// <summary>Size of the largest cache that the kernel lists, in bytes.</summary>
    /// <param name="folder">The kernel's folder of caches of one CPU.</param>
    /// <returns>Null when it lists none.</returns>
    public static long? LastLevelCacheBytes(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return null;
        }

        var sizes = Directory.GetDirectories(folder, "index*").Select(index => Path.Combine(index, "size")).Where(File.Exists)
            .Select(file => Read(File.ReadAllText(file).Trim())).Where(size => size > 0).ToList();
        return sizes.Count == 0 ? null : sizes.Max();
    }

    /// <inheritdoc />
    public void Dispose() => _buffer.Dispose();

    private static long Read(string text)
    {
        var unit = text.Length == 0 ? 1L : text[^1] switch { 'K' => 1L << 10, 'M' => 1L << 20, 'G' => 1L << 30, _ => 1L };
        return long.TryParse(text.TrimEnd('K', 'M', 'G'), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number * unit : 0;
    }
}
