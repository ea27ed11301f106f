using Bench.Domain.Leasing;
using Bench.Domain.Results;
using Bench.Web.Features.Agents;

namespace Bench.Web.Features;

/// <summary>States in words and with the class that colours them; the word alone says everything.</summary>
internal static class StateWords
{
    /// <summary>How a run ended.</summary>
    public static (string Word, string Class) Of(Outcome outcome, FailureClass? failure) => outcome == Outcome.Succeeded
        ? ("succeeded", "good")
        : failure switch
        {
            FailureClass.OutOfMemory => ("out of memory", "warn"),
            FailureClass.Timeout => ("timed out", "warn"),
            FailureClass.Unsupported => ("not supported", "warn"),
            FailureClass.Incorrect => ("incorrect", "bad"),
            FailureClass.Diverged => ("diverged", "bad"),
            FailureClass.AgentLost => ("agent lost", "bad"),
            FailureClass.Cancelled => ("cancelled", ""),
            FailureClass.Crashed => ("crashed", "bad"),
            FailureClass.InvalidJob => ("invalid job", "bad"),
            _ => ("infrastructure failure", "bad"),
        };

    /// <summary>How an attempt stands.</summary>
    public static (string Word, string Class) Of(AttemptState state) => state switch
    {
        AttemptState.Active => ("active", "good"),
        AttemptState.Succeeded => ("succeeded", "good"),
        AttemptState.Failed => ("failed", "bad"),
        AttemptState.Expired => ("expired", "warn"),
        _ => ("superseded", ""),
    };

    /// <summary>What an agent is doing, from its state and when it was heard of last.</summary>
    public static (string Word, string Class) Of(AgentSummary agent) => (agent.State, agent.Presence) switch
    {
        (AgentState.Quarantined, _) => ("quarantined", "bad"),
        (AgentState.Retired, _) => ("retired", ""),
        (_, AgentPresence.NeverSeen) => ("never seen", ""),
        (_, AgentPresence.Offline) => ("offline", "bad"),
        (_, AgentPresence.Late) => ("late", "warn"),
        (AgentState.Draining, _) => ("draining", "warn"),
        _ => agent.Work is null ? ("idle", "good") : ("running", "good"),
    };
}
