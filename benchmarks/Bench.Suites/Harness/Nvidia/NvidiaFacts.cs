using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Bench.Domain.Results;

namespace Bench.Suites.Harness.Nvidia;

/// <summary>Turns what a device says into the facts of a run.</summary>
internal static class NvidiaFacts
{
    /// <summary>Reasons that hold the clocks down, by bit; idleness, bit 0, is none while work runs.</summary>
    private static readonly (ulong Bit, string Name)[] Reasons =
    [
        (0x2, "requested-clocks"),
        (0x4, "power-cap"),
        (0x8, "hardware-slowdown"),
        (0x10, "sync-boost"),
        (0x20, "software-thermal"),
        (0x40, "hardware-thermal"),
        (0x80, "power-brake"),
        (0x100, "display-clocks"),
    ];

    /// <summary>Facts that stay the same while the machine runs: they take part in the environment's hash.</summary>
    public static RunEnvironment Lasting(INvidiaDevice device) => Facts(
        ("device.model", device.Name),
        // The id itself would tell one owner's card from another's; its digest only tells whether two runs used the same card.
        ("gpu.uuid.sha256", device.Uuid is { } uuid ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(uuid)))[..16] : null),
        ("driver.version", device.DriverVersion),
        ("cuda.driver", device.CudaDriverVersion is { } version ? FormattableString.Invariant($"{version / 1000}.{version % 1000 / 10}") : null),
        ("gpu.memory.bytes", Text(device.MemoryBytes)),
        ("gpu.clock.sm.requested", MegaHertz(device.RequestedClock(NvidiaClock.Multiprocessor))),
        ("gpu.clock.sm.maximum", MegaHertz(device.MaximumClock(NvidiaClock.Multiprocessor))),
        ("gpu.clock.memory.requested", MegaHertz(device.RequestedClock(NvidiaClock.Memory))),
        ("gpu.power.limit", Watt(device.PowerLimit)),
        ("gpu.ecc", OnOff(device.Ecc)),
        ("gpu.mig", OnOff(device.MultiInstance)),
        ("gpu.persistence", OnOff(device.Persistence)));

    /// <summary>What the device did right after the timed passes, as numbers of the run; they never take part in a hash.</summary>
    public static IEnumerable<KeyValuePair<string, double>> Observed(INvidiaDevice device)
    {
        var values = new (string Name, double? Value)[]
        {
            ("gpuClockMegahertz", device.CurrentClock(NvidiaClock.Multiprocessor)),
            ("gpuMemoryClockMegahertz", device.CurrentClock(NvidiaClock.Memory)),
            ("gpuPowerWatt", device.PowerUsage / 1000.0),
            ("gpuTemperatureCelsius", device.Temperature),
        };
        return values.Where(pair => pair.Value is not null).Select(pair => KeyValuePair.Create(pair.Name, pair.Value!.Value))
            .Concat(Reasons.Where(reason => (device.ThrottleReasons & reason.Bit) > 0).Select(reason => KeyValuePair.Create($"gpuThrottled.{reason.Name}", 1.0)));
    }

    /// <summary>The comparable kind of device: <c>cuda-</c> and the model without its maker, in small letters.</summary>
    public static string DeviceClass(string model) => "cuda-" + string.Join(
        '-', model.ToLowerInvariant().Split(' ', '-', '_').Where(word => word.Length > 0 && word is not "nvidia" and not "geforce" and not "tesla"));

    private static RunEnvironment Facts(params (string Name, string? Value)[] facts) =>
        new(facts.Select(fact => KeyValuePair.Create(fact.Name, fact.Value ?? "not exposed")));

    private static string? Text(ulong? value) => value?.ToString(CultureInfo.InvariantCulture);

    private static string? MegaHertz(uint? value) => value is { } number ? FormattableString.Invariant($"{number} MHz") : null;

    private static string? Watt(uint? milliwatts) => milliwatts is { } number ? FormattableString.Invariant($"{number / 1000.0:0.#} W") : null;

    private static string? OnOff(bool? value) => value is { } on ? on ? "on" : "off" : null;
}
