namespace Bench.Suites.Harness;

/// <summary>Which allocator a child process gets. It is chosen by the environment before the process starts.</summary>
public enum AllocatorKind
{
    /// <summary>The system's: returns big blocks at once. Right for measuring peak memory.</summary>
    System,

    /// <summary>One that keeps freed pages. Right for measuring time: without it, page faults take more than half of an eager pass.</summary>
    Retaining,
}

/// <summary>Finds the allocator to preload and names it, so that every sample can say which one it ran with.</summary>
public static class Allocator
{
    private static readonly string[] Names = ["libtcmalloc_minimal.so.4", "libtcmalloc.so.4"];

    private static readonly string[] Folders =
        ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib"];

    /// <summary>Variable by which a child knows its own allocator.</summary>
    public const string Variable = "BENCH_ALLOCATOR";

    /// <summary>Environment variables for a child process.</summary>
    public static IReadOnlyDictionary<string, string> Environment(AllocatorKind kind)
    {
        if (kind == AllocatorKind.System || !OperatingSystem.IsLinux())
        {
            return new Dictionary<string, string> { [Variable] = "system" };
        }

        return Folders.SelectMany(_ => Names, Path.Combine).FirstOrDefault(File.Exists) is { } library
            ? new Dictionary<string, string>
            {
                [Variable] = "tcmalloc release-rate=0",
                ["LD_PRELOAD"] = library,
                ["TCMALLOC_RELEASE_RATE"] = "0",
            }
            // libtorch's own switch: big blocks on huge pages. Second best, needs no package.
            : new Dictionary<string, string> { [Variable] = "glibc thp", ["THP_MEM_ALLOC_ENABLE"] = "1" };
    }

    /// <summary>The allocator of this process, as its parent set it.</summary>
    public static string Current => System.Environment.GetEnvironmentVariable(Variable) ?? "system";
}
