using System.Net;
using Bench.Agent.Client;
using Bench.Domain.Leasing;
using Bench.Domain.Protocol;
using Bench.Domain.Results;
using Bench.Suites.Harness;

namespace Bench.Agent.Loop;

/// <summary>What the loop tells those who watch it.</summary>
internal interface IAgentWatcher
{
    /// <summary>A cell was leased.</summary>
    void Started(Assignment assignment);

    /// <summary>The running cell moved on.</summary>
    void Progressed(Assignment assignment, PartProgress progress);

    /// <summary>A cell ended and its result is safe on disk.</summary>
    void Finished(Assignment assignment, ResultSubmission submission);

    /// <summary>Something that a person may want to know.</summary>
    void Warn(string message);
}

/// <summary>
/// Lease, run, spool, submit; until told to stop. One loop drives one device. What comes next is <see cref="WorkCycle"/>'s decision; the loop does
/// it and reports what came of it.
/// </summary>
internal sealed class AgentLoop(
    ServerClient server, Spool spool, CellRunner runner, RunEnvironment machine, IAgentWatcher watcher, TimeProvider clock)
{
    /// <summary>How long the server may hold a claim open while there is no work.</summary>
    public TimeSpan ClaimWait { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>What the service costs between two cells.</summary>
    public CellGaps Gaps { get; } = new();

    /// <summary>How long a stopping agent tries to give its cell back before it leaves the result in the spool.</summary>
    public TimeSpan Farewell { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Sends what an earlier process left, registers, and works.</summary>
    /// <param name="registration">What this agent is.</param>
    /// <param name="idle">Asked whenever there is no work; true ends the loop.</param>
    /// <param name="stop">Ends the loop; a running cell is given back to the queue.</param>
    /// <exception cref="OperationCanceledException">It was told to stop.</exception>
    public async Task RunAsync(AgentRegistration registration, Func<CancellationToken, Task<bool>> idle, CancellationToken stop)
    {
        for (var work = WorkCycle.Begin; work.Phase != WorkPhase.Ended;)
        {
            work = stop.IsCancellationRequested ? work.Stop() : work;
            work = work.Phase switch
            {
                WorkPhase.Delivering => await DeliverAsync(work, stop),
                WorkPhase.Registering => await RegisterAsync(work, registration, stop),
                WorkPhase.Claiming => await ClaimAsync(work, idle, stop),
                _ => work,
            };
        }

        stop.ThrowIfCancellationRequested();
    }

    private async Task<WorkCycle> DeliverAsync(WorkCycle work, CancellationToken stop)
    {
        if (!work.IsStopping)
        {
            await SyncAsync(stop);
            return work.Delivered();
        }

        using var limit = new CancellationTokenSource(Farewell, clock);
        try
        {
            await SyncAsync(limit.Token);
        }
        catch (Exception failure) when (failure is OperationCanceledException or ServerProblem)
        {
            watcher.Warn($"{spool.Depth} results stay in the spool; the next start or 'bench agent sync' sends them.");
        }

        return work.Delivered();
    }

    private async Task<WorkCycle> RegisterAsync(WorkCycle work, AgentRegistration registration, CancellationToken stop)
    {
        await server.RegisterAsync(registration, stop);
        return work.Registered();
    }

    private async Task<WorkCycle> ClaimAsync(WorkCycle work, Func<CancellationToken, Task<bool>> idle, CancellationToken stop)
    {
        var assignment = await server.ClaimAsync(new ClaimRequest { WaitSeconds = (int)ClaimWait.TotalSeconds, SpoolDepth = spool.Depth }, stop);
        if (assignment is null)
        {
            Gaps.Waits();
            return work.FoundNothing(await idle(stop));
        }

        return await WorkAsync(work.Leased(assignment.AttemptId, clock.GetUtcNow().AddSeconds(assignment.HardLimitSeconds)), assignment, stop);
    }

    /// <summary>Sends everything in the spool; what the server will never accept is set aside.</summary>
    /// <returns>How many results the server acknowledged.</returns>
    public async Task<int> SyncAsync(CancellationToken cancellation)
    {
        var sent = 0;
        foreach (var result in spool.Waiting(watcher.Warn))
        {
            try
            {
                await server.SubmitAsync(result.AttemptId, result.Submission, cancellation);
                spool.Acknowledge(result.Submission.ResultId);
                sent++;
            }
            catch (ServerProblem problem) when (!problem.IsTransient && problem.Status is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden))
            {
                spool.SetAside(result.Submission.ResultId, problem.Message, watcher.Warn);
            }
        }

        return sent;
    }

    private async Task<WorkCycle> WorkAsync(WorkCycle work, Assignment assignment, CancellationToken stop)
    {
        watcher.Started(assignment);
        using var end = new CancellationTokenSource();
        var state = new AttemptWatch(work, end);
        await using var stopping = stop.Register(() => state.Note(now => now.Stop()));
        using var limit = clock.CreateTimer(
            _ => state.Note(now => now.Tick(now.HardLimitAt)), null, TimeSpan.FromSeconds(assignment.HardLimitSeconds), Timeout.InfiniteTimeSpan);
        var heart = BeatAsync(assignment, state, end);
        var started = clock.GetUtcNow();
        Gaps.Starts(clock.GetElapsedTime(0));
        var outcome = await RunAsync(assignment, state, end.Token);
        Gaps.Ends(clock.GetElapsedTime(0));
        await end.CancelAsync();
        await heart;
        if (state.Work.Interruption == Interruption.LeaseLost)
        {
            watcher.Warn($"The lease of {assignment.JobId} was lost; its work is given up. {state.Reason}");
        }

        var (next, delivery) = state.Work.End(hasNumbers: outcome.Failure is null);
        if (delivery == Delivery.Spool)
        {
            var submission = Submission(assignment, outcome, started);
            await KeepAsync(new SpooledResult(assignment.AttemptId, submission), stop);
            watcher.Finished(assignment, submission);
        }

        return next;
    }

    /// <summary>To the spool; and where the disk is full, straight to the server, so that the work is not lost.</summary>
    private async Task KeepAsync(SpooledResult result, CancellationToken stop)
    {
        try
        {
            spool.Add(result);
        }
        catch (IOException full)
        {
            watcher.Warn($"The spool cannot be written ({full.Message}); the result is sent without it. Make room on this disk.");
            await server.SubmitAsync(result.AttemptId, result.Submission, stop);
        }
    }

    private async Task<CellOutcome> RunAsync(Assignment assignment, AttemptWatch state, CancellationToken end)
    {
        try
        {
            var budget = Budget.Parse(assignment.Budget);
            return await runner.RunAsync(
                assignment.Cell, assignment.Seed, budget,
                progress =>
                {
                    state.Progress = progress;
                    watcher.Progressed(assignment, progress);
                },
                end);
        }
        catch (OperationCanceledException)
        {
            return Ended(state.Work.Failure(assignment.HardLimitSeconds)
                ?? new Failure(FailureClass.Infrastructure, "The work ended without a reason.", "Look at the log of the agent."));
        }
        catch (FormatException mistake)
        {
            return Ended(new Failure(FailureClass.InvalidJob, mistake.Message, "Update the agent, or correct the suite's budget."));
        }
    }

    private CellOutcome Ended(Failure failure) => new() { Failure = failure, Result = new PartResult { Environment = machine }, Log = [] };

    private async Task BeatAsync(Assignment assignment, AttemptWatch state, CancellationTokenSource end)
    {
        var pause = TimeSpan.FromSeconds(assignment.HeartbeatSeconds);
        while (!end.IsCancellationRequested)
        {
            try
            {
                var answer = await server.HeartbeatAsync(
                    assignment.AttemptId,
                    new Heartbeat
                    {
                        LeaseToken = assignment.LeaseToken,
                        Phase = state.Progress.Phase,
                        Progress = Math.Clamp(state.Progress.Share, 0, 1),
                        Message = state.Progress.Message,
                    },
                    end.Token);
                if (answer.Cancel)
                {
                    state.Note(work => work.Cancel());
                    return;
                }

                await Task.Delay(pause, clock, end.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (ServerProblem problem) when (problem.IsTransient)
            {
                // The server is away. The work goes on: a late result still counts.
                watcher.Warn($"No heartbeat could be sent: {problem.Message}");
            }
            catch (ServerProblem problem)
            {
                state.Reason = problem.Message;
                state.Note(work => work.LoseLease());
                return;
            }
        }
    }

    private ResultSubmission Submission(Assignment assignment, CellOutcome outcome, DateTimeOffset started) => new()
    {
        ResultId = BenchId.New("res", started),
        LeaseToken = assignment.LeaseToken,
        Outcome = outcome.Failure is null ? Outcome.Succeeded : Outcome.Failed,
        Failure = outcome.Failure,
        Metrics = outcome.Failure is null ? outcome.Result.Metrics : [],
        LearningCurve = outcome.Result.LearningCurve,
        Facts = outcome.Result.Facts,
        Correctness = outcome.Result.Correctness,
        Environment = outcome.Result.Environment.Count > 0 ? outcome.Result.Environment : machine,
        PhaseSeconds = outcome.Result.PhaseSeconds,
        StartedAt = started,
        FinishedAt = clock.GetUtcNow(),
        LogTail = string.Join('\n', outcome.Log.TakeLast(ChildProcess.LogLines)),
    };

    /// <summary>What the work, its heartbeats, its hard limit and a stop tell each other.</summary>
    private sealed class AttemptWatch(WorkCycle work, CancellationTokenSource end)
    {
        public volatile PartProgress Progress = new("setup", 0);
        public volatile string? Reason;
        private readonly Lock _lock = new();
        private WorkCycle _work = work;

        /// <summary>The present state.</summary>
        public WorkCycle Work
        {
            get
            {
                lock (_lock)
                {
                    return _work;
                }
            }
        }

        /// <summary>Moves the state; an interruption ends the work.</summary>
        public void Note(Func<WorkCycle, WorkCycle> move)
        {
            bool interrupted;
            lock (_lock)
            {
                _work = move(_work);
                interrupted = _work.Interruption != Interruption.None;
            }

            if (interrupted)
            {
                try
                {
                    end.Cancel();
                }
                catch (ObjectDisposedException)
                {
                    // The work ended by itself at the same moment.
                }
            }
        }
    }
}
