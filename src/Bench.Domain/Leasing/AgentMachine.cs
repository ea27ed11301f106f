using System.Globalization;
using Bench.Domain.Results;

namespace Bench.Domain.Leasing;

/// <summary>Everything about an agent that decides whether it may claim.</summary>
/// <param name="State">Where it stands.</param>
/// <param name="Reason">Why it may not claim; null while it may.</param>
/// <param name="InfrastructureFailures">Infrastructure failures since the last other result.</param>
public sealed record AgentSnapshot(AgentState State, string? Reason = null, int InfrastructureFailures = 0)
{
    /// <summary>Whether it gets work.</summary>
    public bool MayClaim => State == AgentState.Active;
}

/// <summary>
/// The moves of an agent as the server sees it, without clock, chance or storage. Only claiming depends on them: what an agent holds it may always
/// finish and deliver, until its keys are withdrawn. Drawn in <c>docs/queue.md</c>.
/// </summary>
public static class AgentMachine
{
    /// <summary>So many infrastructure failures in a row quarantine an agent: it would only burn the attempts of good cells.</summary>
    public const int QuarantineAfter = 3;

    /// <summary>An agent whose clock is off by more gets no work: leases and results carry times.</summary>
    public static TimeSpan LargestClockSkew { get; } = TimeSpan.FromSeconds(5);

    /// <summary>A new agent, or a known one that came with a new one-time code.</summary>
    /// <param name="known">The agent as it stands; null when there is none of this name.</param>
    public static AgentSnapshot Enrol(AgentSnapshot? known) =>
        known is null or { State: AgentState.Retired } ? new AgentSnapshot(AgentState.Active) : known;

    /// <summary>It shall finish what it holds and get nothing new.</summary>
    /// <returns>Null when it is quarantined, which stops it already, or retired.</returns>
    public static AgentSnapshot? Drain(AgentSnapshot agent, string actor) => agent.State switch
    {
        AgentState.Active => agent with { State = AgentState.Draining, Reason = $"by {actor}" },
        AgentState.Draining => agent,
        _ => null,
    };

    /// <summary>It may claim again. An agent may end only what it asked for itself; a maintainer ends quarantines too.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="actor">Who asks, as <see cref="Drain"/> named it.</param>
    /// <param name="isMaintainer">Whether a maintainer asks.</param>
    /// <returns>Null when this caller may not, or the agent is retired and needs a new code.</returns>
    public static AgentSnapshot? Resume(AgentSnapshot agent, string actor, bool isMaintainer) => agent.State switch
    {
        AgentState.Active => agent,
        AgentState.Retired => null,
        _ when isMaintainer || (agent.State == AgentState.Draining && agent.Reason == $"by {actor}") => new AgentSnapshot(AgentState.Active),
        _ => null,
    };

    /// <summary>Its keys are withdrawn.</summary>
    public static AgentSnapshot Retire(AgentSnapshot agent, string actor) =>
        agent.State == AgentState.Retired ? agent : agent with { State = AgentState.Retired, Reason = $"by {actor}" };

    /// <summary>It delivered a result.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="failure">Class of the failure; null for a success.</param>
    /// <param name="runId">The run, for the reason.</param>
    public static AgentSnapshot Report(AgentSnapshot agent, FailureClass? failure, string runId)
    {
        var reported = agent with { InfrastructureFailures = failure == FailureClass.Infrastructure ? agent.InfrastructureFailures + 1 : 0 };
        return reported is { State: AgentState.Active, InfrastructureFailures: >= QuarantineAfter }
            ? reported with
            {
                State = AgentState.Quarantined,
                Reason = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{reported.InfrastructureFailures} infrastructure failures in a row, the last in {runId}. ")
                    + "Run 'bench agent doctor' there, then resume the agent.",
            }
            : reported;
    }

    /// <summary>It said what time it is.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="skew">How far its clock is ahead of the server's; negative when behind.</param>
    public static AgentSnapshot NoteClock(AgentSnapshot agent, TimeSpan skew) =>
        agent.State == AgentState.Active && skew.Duration() > LargestClockSkew
            ? agent with
            {
                State = AgentState.Quarantined,
                Reason = string.Create(
                    CultureInfo.InvariantCulture,
                    $"Its clock is {skew.Duration().TotalSeconds:0.0} s {(skew > TimeSpan.Zero ? "ahead" : "behind")}. ")
                    + "Synchronise it (NTP), then resume the agent.",
            }
            : agent;
}
