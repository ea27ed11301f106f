namespace Bench.Data.Results;

/// <summary>What became of a submitted result.</summary>
public enum IngestStatus
{
    /// <summary>It is stored now.</summary>
    Stored,

    /// <summary>It was stored before; nothing changed.</summary>
    Replayed,

    /// <summary>Another attempt of the job succeeded first; nothing is stored.</summary>
    Superseded,

    /// <summary>The attempt is unknown, of another agent, or the lease token is wrong.</summary>
    NotTheHolder,

    /// <summary>The attempt brought another result before.</summary>
    Conflicting,
}

/// <summary>What became of a submitted result.</summary>
/// <param name="Status">In one word.</param>
/// <param name="RunId">The stored run.</param>
/// <param name="Late">Whether the lease had ended before.</param>
/// <param name="Reason">Why it was refused.</param>
public sealed record IngestOutcome(IngestStatus Status, string? RunId, bool Late, string Reason = "");

/// <summary>A result with its sender.</summary>
/// <param name="AttemptId">Attempt that it belongs to.</param>
/// <param name="AgentId">Agent whose key came with it.</param>
/// <param name="Submission">The result.</param>
public sealed record IngestItem(string AttemptId, string AgentId, Domain.Protocol.ResultSubmission Submission);
