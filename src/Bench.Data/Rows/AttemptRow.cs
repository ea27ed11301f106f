using Bench.Domain.Leasing;
using Bench.Domain.Results;

namespace Bench.Data.Rows;

/// <summary>One lease of a job, kept for ever.</summary>
public sealed class AttemptRow
{
    /// <summary><c>att_…</c>.</summary>
    public required string Id { get; set; }

    /// <summary>Job.</summary>
    public required string JobId { get; set; }

    /// <summary>Number within the job, from 1.</summary>
    public required int Number { get; set; }

    /// <summary>Agent that got the lease.</summary>
    public required string AgentId { get; set; }

    /// <summary>SHA-256 of the lease token.</summary>
    public required string TokenHash { get; set; }

    /// <summary>How it stands or ended.</summary>
    public required AttemptState State { get; set; }

    /// <summary>When the lease began.</summary>
    public required DateTime LeasedAt { get; set; }

    /// <summary>First heartbeat.</summary>
    public DateTime? StartedAt { get; set; }

    /// <summary>Last heartbeat.</summary>
    public DateTime? LastHeartbeatAt { get; set; }

    /// <summary>When it ended.</summary>
    public DateTime? EndedAt { get; set; }

    /// <summary>What the agent was doing at the last heartbeat.</summary>
    public string Phase { get; set; } = "";

    /// <summary>Share done at the last heartbeat, from 0 to 1.</summary>
    public double Progress { get; set; }

    /// <summary>Last line for people.</summary>
    public string? Message { get; set; }

    /// <summary>Why it brought no number.</summary>
    public FailureClass? FailureClass { get; set; }

    /// <summary>What happened and why.</summary>
    public string? FailureMessage { get; set; }
}
