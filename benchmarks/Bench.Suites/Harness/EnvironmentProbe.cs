using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using Bench.Attention;
using Bench.Domain.Results;
using Bench.Suites.Harness.Nvidia;
using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Suites.Harness;

/// <summary>Collects the facts that a number must carry. No host name, user name or path is among them.</summary>
public static class EnvironmentProbe
{
    /// <summary>Facts of the machine and the build; collected once by the agent.</summary>
    public static RunEnvironment OfMachine()
    {
        var facts = new RunEnvironment
        {
            ["os"] = RuntimeInformation.OSDescription,
            ["os.arch"] = RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant(),
            ["dotnet.version"] = Environment.Version.ToString(),
            ["torch.package"] = typeof(torch).Assembly.GetName().Version?.ToString(3) ?? "unknown",
            ["torch.version"] = __version__,
            ["build.version"] = typeof(AttentionCatalogue).Assembly.GetName().Version?.ToString(3) ?? "unknown",
            ["build.configuration"] = typeof(EnvironmentProbe).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "unknown",
            ["build.hash"] = BuildHash(),
            ["cpu.model"] = CpuInfo("model name") ?? "unknown",
            ["cpu.cores"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
            ["cpu.flags"] = Flags(),
            ["cpu.governor"] = ReadLine("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") ?? "not exposed",
            ["cpu.smt"] = ReadLine("/sys/devices/system/cpu/smt/active") ?? "not exposed",
            ["memory.bytes"] = ProcessMemory.Available().ToString(CultureInfo.InvariantCulture),
            ["swap"] = MemInfo("SwapTotal") ?? "unknown",
            ["cgroup.cpu"] = ReadLine("/sys/fs/cgroup/cpu.max") ?? "none",
            ["cgroup.memory"] = ReadLine("/sys/fs/cgroup/memory.max") ?? "none",
            ["virtualised"] = (CpuInfo("flags") ?? "").Contains(" hypervisor", StringComparison.Ordinal) ? "yes" : "no",
            ["locale"] = CultureInfo.CurrentCulture.Name.Length == 0 ? "invariant" : CultureInfo.CurrentCulture.Name,
        };
        facts["device.class"] = DeviceClass();
        facts["device.model"] = facts["cpu.model"];
        foreach (var (name, value) in Git())
        {
            facts[name] = value;
        }

        return facts;
    }

    /// <summary>Facts of a measuring process: threads, allocator, protocol and, on a GPU, the device.</summary>
    /// <param name="budget">How the cell is measured.</param>
    /// <param name="device"><c>cpu</c> or <c>cuda</c>.</param>
    public static RunEnvironment OfProcess(Budget budget, string device)
    {
        var facts = new RunEnvironment
        {
            ["threads.torch"] = get_num_threads().ToString(CultureInfo.InvariantCulture),
            ["allocator"] = Allocator.Current,
            ["protocol"] = TimingLoop.Protocol + (budget.ColdCache ? "+cold-cache" : ""),
            ["budget.processes"] = budget.Processes.ToString(CultureInfo.InvariantCulture),
        };
        foreach (var (name, value) in device == "cuda" ? OfNvidia() : [])
        {
            facts[name] = value;
        }

        return facts;
    }

    /// <summary>Clocks, power, temperature and throttling of a GPU at this moment; nothing on a CPU.</summary>
    /// <param name="device"><c>cpu</c> or <c>cuda</c>.</param>
    public static IReadOnlyList<KeyValuePair<string, double>> Observe(string device)
    {
        using var library = device == "cuda" ? NvmlLibrary.Open() : null;
        return VisibleDevice(library) is { } found ? [.. NvidiaFacts.Observed(found)] : [];
    }

    private static RunEnvironment OfNvidia()
    {
        using var library = NvmlLibrary.Open();
        if (VisibleDevice(library) is not { } device)
        {
            return new RunEnvironment { ["device.class"] = "cuda-unknown", ["device.model"] = "unknown: the management library did not answer" };
        }

        var facts = NvidiaFacts.Lasting(device);
        facts["device.class"] = NvidiaFacts.DeviceClass(facts["device.model"]);
        return facts;
    }

    private static INvidiaDevice? VisibleDevice(NvmlLibrary? library) =>
        library?.FirstVisible(Environment.GetEnvironmentVariable("CUDA_VISIBLE_DEVICES"));

    /// <summary>The comparable kind of CPU: its widest vectors.</summary>
    public static string DeviceClass() => Vector512.IsHardwareAccelerated ? "cpu-avx512"
        : Vector256.IsHardwareAccelerated ? "cpu-avx2"
        : RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "cpu-arm64"
        : "cpu";

    /// <summary>Equal for equal measuring code: a digest of the compiled attention and suite assemblies.</summary>
    public static string BuildHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var assembly in new[] { typeof(AttentionCatalogue).Assembly, typeof(EnvironmentProbe).Assembly })
        {
            hash.AppendData(assembly.ManifestModule.ModuleVersionId.ToByteArray());
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    private static string Flags()
    {
        var wanted = new[] { "avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni", "avx512_fp16", "amx_bf16", "asimd", "sve" };
        var present = (CpuInfo("flags") ?? CpuInfo("Features") ?? "").Split(' ').ToHashSet();
        return string.Join(' ', wanted.Where(present.Contains));
    }

    private static IEnumerable<KeyValuePair<string, string>> Git()
    {
        var informational = typeof(EnvironmentProbe).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        var commit = informational?.Split('+') is [_, var built] ? built : null;
        yield return new("git.commit", commit ?? Run("rev-parse HEAD") ?? "unknown");
        // The build knows its commit; whether files differed is only known beside a work tree.
        yield return new("git.dirty", Run("status --porcelain") is { } changes ? changes.Length > 0 ? "yes" : "no" : "unknown");
    }

    private static string? Run(string arguments)
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", arguments)
            {
                WorkingDirectory = AppContext.BaseDirectory,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            });
            var text = git!.StandardOutput.ReadToEnd().Trim();
            git.WaitForExit();
            return git.ExitCode == 0 ? text : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static string? CpuInfo(string field) => Field("/proc/cpuinfo", field);

    private static string? MemInfo(string field) => Field("/proc/meminfo", field);

    private static string? Field(string path, string field) => File.Exists(path)
        ? File.ReadLines(path).FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal))?.Split(':', 2)[^1].Trim()
        : null;

    private static string? ReadLine(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadLines(path).FirstOrDefault()?.Trim() : null;
        }
        catch (Exception mistake) when (mistake is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
