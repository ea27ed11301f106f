namespace Bench.Domain.Results;

/// <summary>How an attempt ended.</summary>
public enum Outcome
{
    /// <summary>Numbers were measured and passed the correctness gate.</summary>
    Succeeded,

    /// <summary>No number; the failure says why.</summary>
    Failed,
}

/// <summary>Why an attempt brought no number. Each class has its own retry rule (<c>docs/queue.md</c>).</summary>
public enum FailureClass
{
    /// <summary>The agent stopped sending heartbeats.</summary>
    AgentLost,

    /// <summary>The hard limit passed. On a length curve it ends the line with T/O.</summary>
    Timeout,

    /// <summary>The device's memory was not enough. On a length curve it ends the line with OOM.</summary>
    OutOfMemory,

    /// <summary>The implementation does not do this pattern, type or shape.</summary>
    Unsupported,

    /// <summary>The outputs differ from the double-precision reference, or are not finite: no number is stored.</summary>
    Incorrect,

    /// <summary>Training produced a loss that is not finite.</summary>
    Diverged,

    /// <summary>The child process ended by itself.</summary>
    Crashed,

    /// <summary>Disk, network or the agent itself.</summary>
    Infrastructure,

    /// <summary>The job's description cannot be understood by this agent.</summary>
    InvalidJob,

    /// <summary>Somebody cancelled it.</summary>
    Cancelled,
}

/// <summary>A failure in three parts: what happened, why, what to do.</summary>
/// <param name="Class">Decides retries and the glyph on curves.</param>
/// <param name="Message">What happened and why, one or two sentences.</param>
/// <param name="Remedy">What to do next, or "No action needed." when the failure is itself a result.</param>
public sealed record Failure(FailureClass Class, string Message, string Remedy);
