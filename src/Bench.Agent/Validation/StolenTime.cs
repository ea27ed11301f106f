using System.Globalization;

namespace Bench.Agent.Validation;

/// <summary>Processor time that a virtual machine wanted and its host gave to others, by the kernel's books.</summary>
/// <param name="Stolen">Ticks since the machine started.</param>
/// <param name="Wanted">Ticks in which it worked or would have.</param>
internal readonly record struct StolenTime(long Stolen, long Wanted)
{
    /// <summary>The books now; zeros where the system keeps none.</summary>
    public static StolenTime Now() => File.Exists("/proc/stat") ? Parse(File.ReadLines("/proc/stat").First()) : default;

    /// <summary>Share of the wanted time that was stolen from <paramref name="start"/> until now.</summary>
    public static double ShareSince(StolenTime start) => Now().Since(start);

    /// <summary>Reads the line of all processors: <c>cpu user nice system idle iowait irq softirq steal …</c>, in ticks.</summary>
    internal static StolenTime Parse(string line)
    {
        var ticks = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(text => long.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        return new StolenTime(ticks[7], ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7]);
    }

    /// <summary>Share of the wanted time that was stolen between the two; 0 when nothing was wanted.</summary>
    internal double Since(StolenTime start) => Wanted > start.Wanted ? (double)(Stolen - start.Stolen) / (Wanted - start.Wanted) : 0;
}
