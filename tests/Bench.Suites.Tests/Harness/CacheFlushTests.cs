using Bench.Suites.Harness;
using static TorchSharp.torch;

namespace Bench.Suites.Tests.Harness;

public sealed class CacheFlushTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("bench-cache").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_largest_listed_cache_is_the_last_level()
    {
        List(("index0", "48K"), ("index2", "2048K"), ("index3", "105M"));

        Assert.Equal(105L << 20, CacheFlush.LastLevelCacheBytes(_folder));
    }

    [Fact]
    public void Unreadable_sizes_are_passed_over()
    {
        List(("index0", ""), ("index1", "many"));

        Assert.Null(CacheFlush.LastLevelCacheBytes(_folder));
        Assert.Null(CacheFlush.LastLevelCacheBytes(Path.Combine(_folder, "absent")));
    }

    [Fact]
    public void A_flush_goes_through_more_than_the_cache()
    {
        using var flush = new CacheFlush(CPU);
        flush.Flush();

        Assert.True(flush.Bytes > (CacheFlush.LastLevelCacheBytes("/sys/devices/system/cpu/cpu0/cache") ?? 0));
    }

    private void List(params (string Index, string Size)[] caches)
    {
        foreach (var (index, size) in caches)
        {
            File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, index)).FullName, "size"), size + "\n");
        }
    }
}
