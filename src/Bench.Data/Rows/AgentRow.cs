using Bench.Domain.Leasing;
using Bench.Domain.Results;

namespace Bench.Data.Rows;

/// <summary>A worker process on a machine with devices.</summary>
public sealed class AgentRow
{
    /// <summary><c>agt_…</c>.</summary>
    public required string Id { get; set; }

    /// <summary>Kebab-case name, unique.</summary>
    public required string Name { get; set; }

    /// <summary>Whether it may claim.</summary>
    public required AgentState State { get; set; }

    /// <summary>Why it may not.</summary>
    public string? StateReason { get; set; }

    /// <summary>When it got its first key.</summary>
    public required DateTime EnrolledAt { get; set; }

    /// <summary>When it described itself last.</summary>
    public DateTime? RegisteredAt { get; set; }

    /// <summary>When it was heard of last.</summary>
    public DateTime? LastSeenAt { get; set; }

    /// <summary>Version of the agent program.</summary>
    public string Version { get; set; } = "";

    /// <summary>Kind of device.</summary>
    public string Device { get; set; } = "";

    /// <summary>Comparable kind of device.</summary>
    public string DeviceClass { get; set; } = "";

    /// <summary>Memory of the device in bytes.</summary>
    public long MemoryBytes { get; set; }

    /// <summary>Element types it can run.</summary>
    public List<string> Dtypes { get; set; } = [];

    /// <summary>Implementations it can run.</summary>
    public List<string> Implementations { get; set; } = [];

    /// <summary>Tasks it can run.</summary>
    public List<string> Tasks { get; set; } = [];

    /// <summary>What every number of this agent carries.</summary>
    public RunEnvironment Environment { get; set; } = [];

    /// <summary>Kind of environment of its newest run, or of <see cref="Environment"/> before the first.</summary>
    public string ComparabilityKey { get; set; } = "";

    /// <summary>Environment fact <c>build.hash</c>.</summary>
    public string BuildHash { get; set; } = "";

    /// <summary>Results waiting on its disk.</summary>
    public int SpoolDepth { get; set; }

    /// <summary>Infrastructure failures since the last other result; three quarantine it.</summary>
    public int InfrastructureFailures { get; set; }

    /// <summary>Protocol version that it spoke last.</summary>
    public int ProtocolVersion { get; set; }
}
