using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Bench.Suites.Harness;

/// <summary>Processor time of this process, all threads together.</summary>
internal static partial class ProcessorClock
{
    /// <summary>CLOCK_PROCESS_CPUTIME_ID of Linux: nanoseconds, where the portable reading has hundredths of a second.</summary>
    private const int ProcessCpuTime = 2;

    /// <summary>Seconds since the process began.</summary>
    public static double Seconds()
    {
        if (OperatingSystem.IsLinux() && GetTime(ProcessCpuTime, out var time) == 0)
        {
            return time.Seconds + (time.Nanoseconds * 1e-9);
        }

        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime.TotalSeconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
