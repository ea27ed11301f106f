using Bench.Domain.Catalogue;
using Bench.Domain.Leasing;
using Bench.Domain.Matrix;
using Bench.Domain.Results;

namespace Bench.Domain.Protocol;

/// <summary><c>POST /api/v1/enrollments</c>: a one-time code for an agent's key.</summary>
/// <param name="Code">Shown by the site to a maintainer; valid once, for a short time.</param>
/// <param name="Name">Name of the agent, kebab case, at most 64 characters.</param>
public sealed record EnrollmentRequest(string Code, string Name);

/// <summary>Answer to an enrolment. The key is shown this once; the server keeps a hash.</summary>
/// <param name="AgentId"><c>agt_…</c>.</param>
/// <param name="Name">Name under which the agent is listed.</param>
/// <param name="Key"><c>ab_agent_…</c>, sent as a bearer token from now on.</param>
public sealed record EnrollmentAnswer(string AgentId, string Name, string Key);

/// <summary><c>PUT /api/v1/agents/me</c>: what the agent is and can run. Sent at start and when it changes.</summary>
public sealed record AgentRegistration
{
    /// <summary>Version of the agent program.</summary>
    public required string Version { get; init; }

    /// <summary>What a cell may require of this agent.</summary>
    public required AgentCapabilities Capabilities { get; init; }

    /// <summary>Everything that a number of this agent will carry, without the per-run facts.</summary>
    public required RunEnvironment Environment { get; init; }

    /// <summary>Implementations and tasks that this build knows.</summary>
    public required CatalogueDocument Catalogue { get; init; }
}

/// <summary>What a cell may require of an agent.</summary>
public sealed record AgentCapabilities
{
    /// <summary><c>cpu</c> or <c>cuda</c>; must equal the cell's device.</summary>
    public required string Device { get; init; }

    /// <summary>Comparable kind of device, such as <c>cpu-avx512</c>.</summary>
    public required string DeviceClass { get; init; }

    /// <summary>Memory of the device in bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Element types it can run.</summary>
    public required IReadOnlyList<string> Dtypes { get; init; }

    /// <summary>Results waiting on disk to be sent.</summary>
    public int SpoolDepth { get; init; }
}

/// <summary><c>POST /api/v1/jobs/claims</c>: asks for work.</summary>
public sealed record ClaimRequest
{
    /// <summary>Seconds to wait for work before answering 204, at most 30.</summary>
    public int WaitSeconds { get; init; }

    /// <summary>Results waiting on disk to be sent.</summary>
    public int SpoolDepth { get; init; }
}

/// <summary>Answer to a claim: one cell, for as long as the lease lives.</summary>
public sealed record Assignment
{
    /// <summary><c>att_…</c>: this lease of the job.</summary>
    public required string AttemptId { get; init; }

    /// <summary><c>job_…</c>: the queued cell.</summary>
    public required string JobId { get; init; }

    /// <summary>Proves that the sender holds the lease.</summary>
    public required string LeaseToken { get; init; }

    /// <summary>When the lease ends without a heartbeat.</summary>
    public required DateTimeOffset LeaseExpiresAt { get; init; }

    /// <summary>How often to send a heartbeat.</summary>
    public required int HeartbeatSeconds { get; init; }

    /// <summary>How long the whole attempt may take; heartbeats do not extend it.</summary>
    public required int HardLimitSeconds { get; init; }

    /// <summary>Protocol version of the server.</summary>
    public int ProtocolVersion { get; init; } = WireJson.ProtocolVersion;

    /// <summary>Suite that asked for the cell.</summary>
    public required string Suite { get; init; }

    /// <summary>What to run.</summary>
    public required Cell Cell { get; init; }

    /// <summary>Seed of inputs, weights and data order.</summary>
    public required int Seed { get; init; }

    /// <summary>How much effort to spend; see <see cref="PlannedCell.Budget"/>.</summary>
    public SortedDictionary<string, string> Budget { get; init; } = new(StringComparer.Ordinal);
}

/// <summary><c>PUT /api/v1/attempts/{id}/heartbeat</c>.</summary>
public sealed record Heartbeat
{
    /// <summary>Token of the lease.</summary>
    public required string LeaseToken { get; init; }

    /// <summary>What the agent is doing: setup, check, warm-up, measure, train, upload.</summary>
    public required string Phase { get; init; }

    /// <summary>Share done, from 0 to 1.</summary>
    public double Progress { get; init; }

    /// <summary>One line for people, such as the last measured value.</summary>
    public string? Message { get; init; }
}

/// <summary>Answer to a heartbeat.</summary>
/// <param name="LeaseExpiresAt">New end of the lease.</param>
/// <param name="Cancel">Whether the agent shall stop this attempt and report it as cancelled.</param>
public sealed record HeartbeatAnswer(DateTimeOffset LeaseExpiresAt, bool Cancel);

/// <summary><c>POST /api/v1/attempts/{id}/result</c>: how the attempt ended. Sending it twice stores it once.</summary>
public sealed record ResultSubmission
{
    /// <summary><c>res_…</c>, chosen by the agent when the attempt ended; also the idempotency key.</summary>
    public required string ResultId { get; init; }

    /// <summary>Token of the lease under which the work was done.</summary>
    public required string LeaseToken { get; init; }

    /// <summary>Whether there are numbers.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>Why there are none.</summary>
    public Failure? Failure { get; init; }

    /// <summary>All metrics with all their samples.</summary>
    public IReadOnlyList<MetricSamples> Metrics { get; init; } = [];

    /// <summary>Evaluations during training.</summary>
    public IReadOnlyList<CurvePoint> LearningCurve { get; init; } = [];

    /// <summary>Further facts about the model or the run that are no metric, such as parameter count or attention entropy.</summary>
    public SortedDictionary<string, double> Facts { get; init; } = new(StringComparer.Ordinal);

    /// <summary>What the correctness gate found.</summary>
    public CorrectnessReport? Correctness { get; init; }

    /// <summary>Where the numbers were made.</summary>
    public required RunEnvironment Environment { get; init; }

    /// <summary>Seconds spent in each phase: setup, check, warmup, measure, train, evaluate.</summary>
    public SortedDictionary<string, double> PhaseSeconds { get; init; } = new(StringComparer.Ordinal);

    /// <summary>When the attempt began on the agent.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public required DateTimeOffset FinishedAt { get; init; }

    /// <summary>Last lines of the child processes' output, at most 200 lines.</summary>
    public string LogTail { get; init; } = "";
}

/// <summary>Answer to a result.</summary>
/// <param name="RunId"><c>run_…</c>: where the site shows it.</param>
/// <param name="Late">Whether the lease had already expired; the result counts unless another attempt succeeded first.</param>
public sealed record ResultAnswer(string RunId, bool Late);

/// <summary><c>POST /api/v1/jobs</c>: queues a suite that was pushed before.</summary>
/// <param name="Suite">Name of the suite.</param>
/// <param name="SkipFinished">Leave out cells that already have a successful run of the same implementation version.</param>
/// <param name="Reason">Why it is queued: manual, nightly, up.</param>
public sealed record EnqueueRequest(string Suite, bool SkipFinished = true, string Reason = "manual");

/// <summary>What enqueueing did.</summary>
/// <param name="Queued">Cells that are now waiting.</param>
/// <param name="AlreadyQueued">Cells that were waiting or running already.</param>
/// <param name="Finished">Cells skipped because they have a result.</param>
/// <param name="Ineligible">Cells that cannot run; the suite page lists the reasons.</param>
public sealed record EnqueueAnswer(int Queued, int AlreadyQueued, int Finished, int Ineligible);

/// <summary><c>GET /api/v1/suites/{name}/progress</c>: how far a suite is.</summary>
public sealed record SuiteProgress(string Suite, int Queued, int Running, int Succeeded, int Failed, int Ineligible, string? LastMessage = null);

/// <summary><c>GET /api/v1/agents/me</c>: how the server sees the agent whose key was sent.</summary>
/// <param name="AgentId"><c>agt_…</c>.</param>
/// <param name="Name">Name under which it is listed.</param>
/// <param name="State">Whether it may claim.</param>
/// <param name="Reason">Why it may not.</param>
/// <param name="Work">What it holds.</param>
public sealed record AgentSelf(string AgentId, string Name, AgentState State, string? Reason = null, HeldWork? Work = null);

/// <summary>A cell that an agent holds.</summary>
/// <param name="JobId">Job.</param>
/// <param name="AttemptId">Lease.</param>
/// <param name="Task">Task id.</param>
/// <param name="Implementation">Implementation id.</param>
public sealed record HeldWork(string JobId, string AttemptId, string Task, string Implementation);
