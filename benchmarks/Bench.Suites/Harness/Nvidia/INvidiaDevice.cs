namespace Bench.Suites.Harness.Nvidia;

/// <summary>What the management library says of one device. A question that the device or driver cannot answer gives null.</summary>
internal interface INvidiaDevice
{
    /// <summary>Product name, such as <c>NVIDIA A100-SXM4-80GB</c>.</summary>
    string? Name { get; }

    /// <summary>Globally unique id, <c>GPU-…</c> or <c>MIG-…</c>. Never stored as it is.</summary>
    string? Uuid { get; }

    /// <summary>Version of the driver.</summary>
    string? DriverVersion { get; }

    /// <summary>Newest CUDA version of the driver, as 1000 · major + 10 · minor.</summary>
    int? CudaDriverVersion { get; }

    /// <summary>Whole memory in bytes.</summary>
    ulong? MemoryBytes { get; }

    /// <summary>Clock that was asked for, in MHz.</summary>
    uint? RequestedClock(NvidiaClock clock);

    /// <summary>Clock at this moment, in MHz.</summary>
    uint? CurrentClock(NvidiaClock clock);

    /// <summary>Highest clock, in MHz.</summary>
    uint? MaximumClock(NvidiaClock clock);

    /// <summary>Limit that holds now, in milliwatts.</summary>
    uint? PowerLimit { get; }

    /// <summary>Power at this moment, in milliwatts.</summary>
    uint? PowerUsage { get; }

    /// <summary>Temperature of the die in degrees Celsius.</summary>
    uint? Temperature { get; }

    /// <summary>Bits of the reasons that hold the clocks down now.</summary>
    ulong? ThrottleReasons { get; }

    /// <summary>Whether memory errors are corrected.</summary>
    bool? Ecc { get; }

    /// <summary>Whether the device is split into instances.</summary>
    bool? MultiInstance { get; }

    /// <summary>Whether the driver stays loaded without a client.</summary>
    bool? Persistence { get; }
}

/// <summary>A clock domain, numbered as the library numbers it.</summary>
internal enum NvidiaClock
{
    /// <summary>Streaming multiprocessors.</summary>
    Multiprocessor = 1,

    /// <summary>Memory.</summary>
    Memory = 2,
}
