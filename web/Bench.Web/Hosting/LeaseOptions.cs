using System.ComponentModel.DataAnnotations;
using Bench.Domain.Leasing;

namespace Bench.Web.Hosting;

/// <summary>The clock rules of leases; the "Leases" section of the configuration.</summary>
internal sealed class LeaseOptions
{
    public const string Section = "Leases";

    /// <summary>How often an agent reports.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan Heartbeat { get; init; } = LeaseTerms.Default.Heartbeat;

    /// <summary>How long after the last heartbeat a lease is lost.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "01:00:00")]
    public TimeSpan Expiry { get; init; } = LeaseTerms.Default.Expiry;

    /// <summary>Least time that an attempt gets.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "1.00:00:00")]
    public TimeSpan MinimumHardLimit { get; init; } = LeaseTerms.Default.MinimumHardLimit;

    /// <summary>How long a job waits for an agent that can take it.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "90.00:00:00")]
    public TimeSpan QueueLimit { get; init; } = LeaseTerms.Default.QueueLimit;

    /// <summary>How often overdue leases and waits are ended.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan Sweep { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The same as the queue's own record.</summary>
    public LeaseTerms ToTerms() => new(Heartbeat, Expiry, MinimumHardLimit) { QueueLimit = QueueLimit };
}
