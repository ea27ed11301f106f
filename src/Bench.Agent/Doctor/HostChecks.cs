using System.Diagnostics;
using System.Globalization;
using Bench.Agent.Client;
using Bench.Agent.Loop;
using Bench.Domain.Analysis;
using Bench.Domain.Leasing;
using Bench.Suites.Efficiency;
using Bench.Suites.Harness;
using static TorchSharp.torch;

namespace Bench.Agent.Doctor;

/// <summary>Looks at everything that makes numbers noisy or keeps an agent from working.</summary>
internal static class HostChecks
{
    /// <summary>Two halves of one series that differ by more than this say that the host is too noisy for small differences.</summary>
    private const double NoiseLimit = 0.03;

    private const double BusyLimit = 0.5;
    private const double SharedLimit = 0.05;
    private const long LeastDiskBytes = 2L << 30;
    private static readonly TimeSpan CoreTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SkewLimit = TimeSpan.FromSeconds(5);

    /// <summary>Every check, the host first.</summary>
    public static async Task<IReadOnlyList<Check>> RunAsync(AgentHome home, CancellationToken cancellation) =>
    [
        Load(), Governor(), Swap(), Allocator(), Temperature(), Disk(home), SpoolWritable(home), Devices(), .. Peaks(), SharedCore(), Noise(),
        .. await ServerAsync(home, cancellation),
    ];

    private static Check Load()
    {
        var load = double.Parse(First("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);
        return Check.Of(
            "competing load", load <= BusyLimit * Environment.ProcessorCount, $"load {load:0.00} on {Environment.ProcessorCount} cores",
            "Stop other work on this host while it measures.");
    }

    private static Check Governor()
    {
        var governor = First("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
        return governor.Length == 0
            ? new Check("cpu governor", CheckStatus.Pass, "not exposed (virtual machine)")
            : Check.Of("cpu governor", governor == "performance", governor, "cpupower frequency-set -g performance");
    }

    private static Check Swap()
    {
        var used = Field("/proc/meminfo", "SwapTotal") - Field("/proc/meminfo", "SwapFree");
        return Check.Of("swap in use", used < 64 << 20, $"{used >> 20} MiB", "swapoff -a while measuring: swapped pages appear as slow passes.");
    }

    private static Check Allocator()
    {
        var name = Suites.Harness.Allocator.Environment(AllocatorKind.Retaining)[Suites.Harness.Allocator.Variable];
        return Check.Of(
            "allocator for timing", name.StartsWith("tcmalloc", StringComparison.Ordinal), name,
            "apt-get install libtcmalloc-minimal4: page faults otherwise take a large part of eager passes.");
    }

    private static Check Temperature()
    {
        var hottest = Directory.Exists("/sys/class/thermal")
            ? Directory.EnumerateDirectories("/sys/class/thermal", "thermal_zone*").Select(zone => First(Path.Combine(zone, "temp")))
                .Select(text => int.TryParse(text, out var value) ? value / 1000 : 0).DefaultIfEmpty(0).Max()
            : 0;
        return hottest == 0
            ? new Check("temperature", CheckStatus.Pass, "not exposed")
            : Check.Of("temperature", hottest < 85, $"{hottest} °C", "Let the host cool down; near its limit it lowers its clock.");
    }

    private static Check Disk(AgentHome home)
    {
        Directory.CreateDirectory(home.Folder);
        var free = new DriveInfo(home.Folder).AvailableFreeSpace;
        return Check.Of(
            "free disk", free >= LeastDiskBytes, $"{free >> 20} MiB", "Make room: results are spooled to disk before they are sent.", CheckStatus.Fail);
    }

    private static Check SpoolWritable(AgentHome home)
    {
        try
        {
            var probe = Path.Combine(home.Folder, "probe");
            File.WriteAllText(probe, "x");
            File.Delete(probe);
            return new Check("spool", CheckStatus.Pass, $"writable, {home.OpenSpool().Depth} results waiting");
        }
        catch (Exception mistake) when (mistake is IOException or UnauthorizedAccessException)
        {
            return new Check("spool", CheckStatus.Fail, mistake.Message, "Give the agent a folder that it may write: --home DIR.");
        }
    }

    private static Check Devices() => new(
        "devices", CheckStatus.Pass,
        cuda.is_available() ? $"{cuda.device_count()} CUDA devices and {EnvironmentProbe.DeviceClass()}" : $"{EnvironmentProbe.DeviceClass()}, no CUDA device");

    private static IEnumerable<Check> Peaks()
    {
        set_num_threads(1);
        var peaks = Roofline.Measure(ScalarType.Float32, CPU);
        yield return new Check("arithmetic, 1 thread", CheckStatus.Pass, $"{peaks.FlopsPerSecond / 1e9:0.0} GFLOP/s float32");
        yield return new Check("memory copy, 1 thread", CheckStatus.Pass, $"{peaks.BytesPerSecond / 1e9:0.0} GB/s");
    }

    /// <summary>Looks for two seconds whether another hardware thread works on the core: a neighbour whom no load average shows.</summary>
    private static Check SharedCore()
    {
        var (core, shared, probes) = (new CoreProbe(), 0, 0);
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < CoreTime; probes++)
        {
            shared += core.IsShared() ? 1 : 0;
        }

        var share = (double)shared / probes;
        return Check.Of(
            "core to itself", share <= SharedLimit, $"{share:P0} of {CoreTime.TotalSeconds:0} s beside another hardware thread",
            "Timings repeat such samples and take longer. Stop other work here; on a virtual machine ask for whole cores, or switch hyper-threading off.");
    }

    /// <summary>Times one kernel in two interleaved series: their difference is noise and nothing else.</summary>
    private static Check Noise()
    {
        using var a = randn(256, 256);
        using var b = randn(256, 256);
        var timing = TimingLoop.Measure(_ => a.matmul(b).Dispose(), () => { }, new Budget { MinSamples = 200, MinSeconds = 1, MaxSeconds = 2, TargetRelativeError = 0 });
        double[] even = [.. timing.Milliseconds.Where((_, i) => i % 2 == 0)], odd = [.. timing.Milliseconds.Where((_, i) => i % 2 == 1)];
        var difference = Math.Abs(Quantiles.Median(even) / Quantiles.Median(odd) - 1);
        var spread = (Quantiles.Of(timing.Milliseconds, 0.75) - Quantiles.Of(timing.Milliseconds, 0.25)) / Quantiles.Median(timing.Milliseconds);
        return Check.Of(
            "noise (A/A)", difference <= NoiseLimit && spread <= 2 * NoiseLimit, $"halves differ by {difference:P2}, interquartile range {spread:P1} of the median",
            "Small differences will stay undecided here. Stop other work, fix the clock, or spend a larger budget.");
    }

    private static async Task<IEnumerable<Check>> ServerAsync(AgentHome home, CancellationToken cancellation)
    {
        if (home.Identity() is not { } identity)
        {
            return [new Check("server", CheckStatus.Warn, "not enrolled", "Ask a maintainer for a one-time code, then: bench agent enroll --server URL")];
        }

        using var client = new ServerClient(identity.Server, identity.Key, TimeProvider.System) { RetryBudget = TimeSpan.Zero };
        var reachable = await client.IsReadyAsync(cancellation);
        var checks = new List<Check>
        {
            Check.Of("server", reachable, reachable ? $"{identity.Server} is ready" : $"{identity.Server} does not answer",
                "Check the address, the network and that the server runs.", CheckStatus.Fail),
        };
        if (!reachable)
        {
            return checks;
        }

        var skew = await client.ClockSkewAsync(cancellation);
        checks.Add(Check.Of("clock skew", skew.Duration() < SkewLimit, $"{skew.TotalSeconds:0.0} s", "Synchronise the clock (NTP): leases and results carry times."));
        try
        {
            // Not a registration: that would give back what a running agent holds.
            var self = await client.SelfAsync(cancellation);
            checks.Add(new Check("key", CheckStatus.Pass, $"valid for {self.Name}"));
            checks.Add(Check.Of(
                "state", self.State == AgentState.Active, $"{self.State.ToString().ToLowerInvariant()}{(self.Reason is { } why ? $": {why}" : "")}",
                self.State == AgentState.Draining ? "bench agent resume, when it shall work again." : "A maintainer resumes it when the cause is gone."));
        }
        catch (ServerProblem problem)
        {
            checks.Add(new Check("key", CheckStatus.Fail, problem.Message, "Enrol again with a new one-time code."));
        }

        return checks;
    }

    private static string First(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadLines(path).FirstOrDefault() ?? "" : "";
        }
        catch (Exception mistake) when (mistake is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static long Field(string path, string name) => File.Exists(path)
        && File.ReadLines(path).FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.Ordinal)) is { } found
            ? long.Parse(found.Split(':')[1].Trim().Split(' ')[0], CultureInfo.InvariantCulture) * 1024
            : 0;
}
