namespace Bench.Domain.Leasing;

/// <summary>The clock rules of a lease.</summary>
/// <param name="Heartbeat">How often an agent reports.</param>
/// <param name="Expiry">How long after the last heartbeat the lease is lost.</param>
/// <param name="MinimumHardLimit">Least time an attempt gets, however small its estimate.</param>
public sealed record LeaseTerms(TimeSpan Heartbeat, TimeSpan Expiry, TimeSpan MinimumHardLimit)
{
    /// <summary>10 s heartbeats, lost after 30 s, at least 5 min.</summary>
    public static LeaseTerms Default { get; } = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5));

    /// <summary>How long a job waits for an agent that can take it before it is withdrawn.</summary>
    public TimeSpan QueueLimit { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Hard limit of an attempt: three times its estimate, at least the minimum; heartbeats do not extend it.</summary>
    public TimeSpan HardLimit(double estimatedSeconds) =>
        TimeSpan.FromSeconds(Math.Max(MinimumHardLimit.TotalSeconds, 3 * estimatedSeconds));
}
