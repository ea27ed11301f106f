using Bench.Domain.Leasing;
using Bench.Domain.Results;

namespace Bench.Data.Rows;

/// <summary>
/// A cell with a seed that was asked for. The live lease stands in the row itself, so that claiming, renewing and expiring are each one
/// conditional update; <see cref="AttemptRow"/> keeps the history.
/// </summary>
public sealed class JobRow
{
    /// <summary><c>job_…</c>.</summary>
    public required string Id { get; set; }

    /// <summary>Suite that asked for it.</summary>
    public required string Suite { get; set; }

    /// <summary>Cell.</summary>
    public required int CellId { get; set; }

    /// <summary>Seed of inputs, weights and data order.</summary>
    public required int Seed { get; set; }

    /// <summary>Why it was queued: manual, nightly, up.</summary>
    public required string Reason { get; set; }

    /// <summary>Higher goes first; ageing raises it.</summary>
    public required int Priority { get; set; }

    /// <summary>Fair-share order within a priority: seconds of work that its suite is served before it (<see cref="FairShare"/>).</summary>
    public required double Turn { get; set; }

    /// <summary>Task id, copied from the cell for the claim.</summary>
    public required string Task { get; set; }

    /// <summary>Implementation id, copied from the cell for the claim.</summary>
    public required string Implementation { get; set; }

    /// <summary>Kind of device, copied from the cell for the claim.</summary>
    public required string Device { get; set; }

    /// <summary>Element type, copied from the cell for the claim.</summary>
    public required string Dtype { get; set; }

    /// <summary>Least device memory in bytes that the cell needs; zero when unknown.</summary>
    public long MinMemoryBytes { get; set; }

    /// <summary>Rough duration in seconds.</summary>
    public required double EstimatedSeconds { get; set; }

    /// <summary>How much effort to spend.</summary>
    public SortedDictionary<string, string> Budget { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Where it stands.</summary>
    public required JobState State { get; set; }

    /// <summary>When it was queued first.</summary>
    public required DateTime QueuedAt { get; set; }

    /// <summary>
    /// The <see cref="NotBefore"/> of a job that need not wait: long past, so that it can be taken whatever a server's clock says.
    /// </summary>
    public static DateTime AtOnce { get; } = DateTime.UnixEpoch;

    /// <summary>Not given away before this instant.</summary>
    public required DateTime NotBefore { get; set; }

    /// <summary>Leases so far.</summary>
    public int Attempts { get; set; }

    /// <summary>Attempts that count against the retry rule.</summary>
    public int Charged { get; set; }

    /// <summary>Agent that must not get it again, because it crashed there.</summary>
    public string? AvoidAgentId { get; set; }

    /// <summary>Whether somebody asked to withdraw it.</summary>
    public bool CancelRequested { get; set; }

    /// <summary>The live lease's attempt.</summary>
    public string? AttemptId { get; set; }

    /// <summary>Who holds the live lease.</summary>
    public string? AgentId { get; set; }

    /// <summary>When the live lease began.</summary>
    public DateTime? LeasedAt { get; set; }

    /// <summary>When the live lease is lost without a heartbeat.</summary>
    public DateTime? LeaseExpiresAt { get; set; }

    /// <summary>When the live lease ends whatever the heartbeats say.</summary>
    public DateTime? HardLimitAt { get; set; }

    /// <summary>When it reached a final state.</summary>
    public DateTime? FinishedAt { get; set; }

    /// <summary>Class of the last failure.</summary>
    public FailureClass? FailureClass { get; set; }

    /// <summary>What happened and why.</summary>
    public string? FailureMessage { get; set; }

    /// <summary>What to do next.</summary>
    public string? FailureRemedy { get; set; }

    /// <summary>The attempt whose result counts.</summary>
    public string? FinalAttemptId { get; set; }

    /// <summary>Changes with every transition; two writers cannot both win.</summary>
    public int Version { get; set; }
}
