using System.Globalization;
using System.Runtime.InteropServices;

namespace Bench.Suites.Harness;

/// <summary>Peak memory of one action in this process, from the kernel's own books (Linux).</summary>
public static partial class ProcessMemory
{
    /// <summary>Least value worth reporting: below it, pages and stacks are noise.</summary>
    public const long ResolutionBytes = 2 << 20;

    /// <summary>glibc's M_MMAP_THRESHOLD.</summary>
    private const int MapThreshold = -3;

    /// <summary>Blocks from this size on are mapped apart and given back when freed: glibc's initial value, made fixed.</summary>
    private const int MappedBytes = 128 << 10;

    /// <summary>
    /// Largest growth of resident memory while the action ran, in bytes. Freed heap is given back first and the kernel's high-water mark is
    /// reset, so the figure is exact to pages. The process must use the system's allocator.
    /// </summary>
    /// <exception cref="PlatformNotSupportedException">Not Linux: there is no high-water mark that can be reset.</exception>
    public static long PeakOf(Action action)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("Peak memory is read from /proc, which only Linux has. Time is measured everywhere.");
        }

#pragma warning disable RS0030 // The one place that collects: managed garbage must not hide or add pages.
        GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
#pragma warning restore RS0030
        // glibc raises its threshold for mapping a block apart with every such block freed; holes between small survivors would then count as used.
        _ = mallopt(MapThreshold, MappedBytes);
        _ = malloc_trim(0);
        var before = Read("VmRSS");
        File.WriteAllText("/proc/self/clear_refs", "5");
        action();
        return Math.Max(0, Read("VmHWM") - before);
    }

    /// <summary>
    /// Starts to watch this process's peak for <see cref="PeakAbove"/>; null where the system has no high-water mark that can be reset.
    /// </summary>
    /// <returns>Resident memory now, in bytes.</returns>
    public static long? StartPeak()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        var before = Read("VmRSS");
        File.WriteAllText("/proc/self/clear_refs", "5");
        return before;
    }

    /// <summary>Largest growth of resident memory since <see cref="StartPeak"/>, in bytes, whatever the allocator keeps included.</summary>
    /// <param name="before">What <see cref="StartPeak"/> returned.</param>
    public static long PeakAbove(long before) => Math.Max(0, Read("VmHWM") - before);

    /// <summary>Resident memory of a process in bytes, or 0 when it has ended.</summary>
    public static long Resident(int processId)
    {
        try
        {
            return Read("VmRSS", $"/proc/{processId}/status");
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>Memory of the machine or of the container, whichever is smaller, in bytes.</summary>
    public static long Available()
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return memory > 0 ? memory : long.MaxValue;
    }

    private static long Read(string field, string path = "/proc/self/status")
    {
        foreach (var line in File.ReadLines(path))
        {
            if (line.StartsWith(field + ":", StringComparison.Ordinal))
            {
                return long.Parse(line.AsSpan(field.Length + 1).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture) * 1024;
            }
        }

        return 0;
    }

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint pad);

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);
}
