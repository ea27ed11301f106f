namespace Bench.Web.Features.Jobs;

/// <summary>
/// Wakes agents that wait for work at this server as soon as something is queued here. It only shortens the wait: work that another server queued
/// is found by looking again each second.
/// </summary>
internal sealed class WorkSignal
{
    private TaskCompletionSource _next = New();

    /// <summary>Completes when something is queued after this call.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    /// <summary>Something is queued.</summary>
    public void Set() => Interlocked.Exchange(ref _next, New()).SetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
