namespace Bench.Domain.Leasing;

/// <summary>
/// Order between suites of equal priority: each job carries a turn, the seconds of estimated work that its suite has been promised before it,
/// and the smallest turn goes first. A suite that arrives later starts at the smallest turn that still waits, so it neither overtakes nor starves.
/// </summary>
public static class FairShare
{
    /// <summary>Turns of jobs that one suite queues together.</summary>
    /// <param name="estimates">Estimated seconds in the order of the plan.</param>
    /// <param name="smallestWaiting">Smallest turn of any suite that waits at this priority; null when none waits.</param>
    /// <param name="ownLast">Where the suite's own waiting jobs end; null when none waits.</param>
    public static IEnumerable<double> Turns(IEnumerable<double> estimates, double? smallestWaiting, double? ownLast)
    {
        var turn = Math.Max(smallestWaiting ?? 0, ownLast ?? 0);
        foreach (var seconds in estimates)
        {
            yield return turn;
            turn += Math.Max(seconds, 0.001);
        }
    }
}
