using Bench.Domain.Results;

namespace Bench.Data.Rows;

/// <summary>An environment, stored once however many runs were made in it.</summary>
public sealed class EnvironmentRow
{
    /// <summary><see cref="RunEnvironment.Hash"/>.</summary>
    public required string Hash { get; set; }

    /// <summary>All facts.</summary>
    public required RunEnvironment Facts { get; set; }

    /// <summary>Coarse kind of device.</summary>
    public required string DeviceClass { get; set; }

    /// <summary>Kind of environment.</summary>
    public required string ComparabilityKey { get; set; }

    /// <summary>When a run was made in it first.</summary>
    public required DateTime FirstSeenAt { get; set; }
}
