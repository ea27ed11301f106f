using Bench.Domain.Results;

namespace Bench.Domain.Leasing;

/// <summary>Which failures are worth another attempt, and when.</summary>
public static class RetryRule
{
    /// <summary>
    /// How many attempts a failure of this class permits in all. Out of memory, timeout, unsupported, incorrect and diverged are results:
    /// repeating them would only repeat them.
    /// </summary>
    public static int MaxAttempts(FailureClass failure) => failure switch
    {
        FailureClass.AgentLost or FailureClass.Infrastructure => 3,
        FailureClass.Crashed => 2,
        _ => 1,
    };

    /// <summary>Whether a job whose attempt number <paramref name="attempt"/> (1-based) ended so is queued again.</summary>
    public static bool Retries(FailureClass failure, int attempt) => attempt < MaxAttempts(failure);

    /// <summary>Pause before the next attempt: 30 s doubled each time, at most 15 min; an orphaned lease is given away at once.</summary>
    public static TimeSpan Delay(FailureClass failure, int attempt) => failure == FailureClass.AgentLost
        ? TimeSpan.Zero
        : TimeSpan.FromSeconds(Math.Min(15 * 60, 30 * Math.Pow(2, attempt - 1)));
}
