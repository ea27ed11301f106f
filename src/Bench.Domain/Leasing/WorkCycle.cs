using Bench.Domain.Results;

namespace Bench.Domain.Leasing;

/// <summary>What an agent does next.</summary>
public enum WorkPhase
{
    /// <summary>Sends what lies in its spool.</summary>
    Delivering,

    /// <summary>Tells the server what it is, and that it holds nothing.</summary>
    Registering,

    /// <summary>Asks for work.</summary>
    Claiming,

    /// <summary>Runs a cell.</summary>
    Working,

    /// <summary>Nothing: it has ended.</summary>
    Ended,
}

/// <summary>Why the work on a cell ends before the cell does.</summary>
public enum Interruption
{
    /// <summary>It does not.</summary>
    None,

    /// <summary>The agent was told to stop.</summary>
    Stopped,

    /// <summary>Somebody withdrew the job.</summary>
    Cancelled,

    /// <summary>The server gave the job to another agent.</summary>
    LeaseLost,

    /// <summary>The hard limit of the lease has passed.</summary>
    HardLimit,
}

/// <summary>What becomes of a finished attempt.</summary>
public enum Delivery
{
    /// <summary>Its result goes to the spool.</summary>
    Spool,

    /// <summary>Nothing is sent: the server has given the job away, and there are no numbers that it could still use.</summary>
    GiveUp,
}

/// <summary>
/// The moves of an agent program, without clock, network or disk: deliver, register, claim, work, deliver again, until it is told to stop. The loop
/// asks <see cref="Phase"/> what to do and reports what came of it. Drawn in <c>docs/queue.md</c>.
/// </summary>
public sealed record WorkCycle
{
    /// <summary>The beginning. An earlier process may have left results, and registering says "I hold nothing", so delivering comes first.</summary>
    public static WorkCycle Begin { get; } = new();

    /// <summary>What to do next.</summary>
    public WorkPhase Phase { get; private init; } = WorkPhase.Delivering;

    /// <summary>Whether the server knows what this process is.</summary>
    public bool IsRegistered { get; private init; }

    /// <summary>Whether the agent shall end as soon as nothing is in its hands.</summary>
    public bool IsStopping { get; private init; }

    /// <summary>The lease that it holds; present exactly while it works.</summary>
    public string? AttemptId { get; private init; }

    /// <summary>When the lease ends whatever the heartbeats say.</summary>
    public DateTimeOffset HardLimitAt { get; private init; }

    /// <summary>Why the work must end now; the first reason counts.</summary>
    public Interruption Interruption { get; private init; }

    /// <summary>The spool is empty, or its rest can never be delivered.</summary>
    public WorkCycle Delivered() => Move(WorkPhase.Delivering, IsStopping ? WorkPhase.Ended : IsRegistered ? WorkPhase.Claiming : WorkPhase.Registering);

    /// <summary>The server knows the agent now.</summary>
    public WorkCycle Registered() =>
        Move(WorkPhase.Registering, IsStopping ? WorkPhase.Ended : WorkPhase.Claiming) with { IsRegistered = true };

    /// <summary>The server had no work.</summary>
    /// <param name="isDone">Whether the agent shall end then.</param>
    public WorkCycle FoundNothing(bool isDone) => Move(WorkPhase.Claiming, isDone || IsStopping ? WorkPhase.Ended : WorkPhase.Claiming);

    /// <summary>The server gave it a lease. A lease that arrives while the agent stops is taken, so that it can be given back.</summary>
    public WorkCycle Leased(string attemptId, DateTimeOffset hardLimitAt) => Move(WorkPhase.Claiming, WorkPhase.Working) with
    {
        AttemptId = attemptId,
        HardLimitAt = hardLimitAt,
        Interruption = IsStopping ? Interruption.Stopped : Interruption.None,
    };

    /// <summary>The agent is told to stop.</summary>
    public WorkCycle Stop() => Phase switch
    {
        WorkPhase.Working => Interrupt(Interruption.Stopped) with { IsStopping = true },
        WorkPhase.Delivering => this with { IsStopping = true },
        _ => this with { Phase = WorkPhase.Ended, IsStopping = true },
    };

    /// <summary>The server refused a heartbeat for good.</summary>
    public WorkCycle LoseLease() => Interrupt(Interruption.LeaseLost);

    /// <summary>The answer to a heartbeat asked to stop this cell.</summary>
    public WorkCycle Cancel() => Interrupt(Interruption.Cancelled);

    /// <summary>Time has passed.</summary>
    public WorkCycle Tick(DateTimeOffset now) => Phase == WorkPhase.Working && now >= HardLimitAt ? Interrupt(Interruption.HardLimit) : this;

    /// <summary>The work on the cell has ended.</summary>
    /// <param name="hasNumbers">Whether it brought numbers.</param>
    /// <returns>What becomes of it. Numbers are always delivered: they count late unless another agent was quicker.</returns>
    public (WorkCycle Next, Delivery Delivery) End(bool hasNumbers) => (
        Move(WorkPhase.Working, WorkPhase.Delivering) with { AttemptId = null, Interruption = Interruption.None },
        Interruption == Interruption.LeaseLost && !hasNumbers ? Delivery.GiveUp : Delivery.Spool);

    /// <summary>The failure that an interruption means for the cell; null when there was none.</summary>
    /// <param name="hardLimitSeconds">For the message.</param>
    public Failure? Failure(int hardLimitSeconds) => Interruption switch
    {
        Interruption.Stopped => new Failure(
            FailureClass.Cancelled, "The agent was stopped while it ran this cell.", "No action needed; the cell is queued again."),
        Interruption.Cancelled => new Failure(FailureClass.Cancelled, "The job was cancelled.", "Queue it again to run it."),
        Interruption.LeaseLost => new Failure(FailureClass.AgentLost, "The lease was lost while the cell ran.", "No action needed."),
        Interruption.HardLimit => new Failure(
            FailureClass.Timeout, $"The cell took longer than its hard limit of {hardLimitSeconds} s.",
            "This is recorded as a time-out; raise the suite's budget if it should run longer."),
        _ => null,
    };

    private WorkCycle Interrupt(Interruption reason) =>
        Phase == WorkPhase.Working && Interruption == Interruption.None ? this with { Interruption = reason } : this;

    private WorkCycle Move(WorkPhase from, WorkPhase to) => Phase == from
        ? this with { Phase = to }
        : throw new InvalidOperationException($"The agent is {Phase} and cannot go from {from} to {to}. The loop reports only what the phase asked for.");
}
