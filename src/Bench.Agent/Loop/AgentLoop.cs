using System.Net;
using Bench.Agent.Client;
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

/// <summary>Lease, run, spool, submit; until told to stop. One loop drives one device.</summary>
internal sealed class AgentLoop(
    ServerClient server, Spool spool, CellRunner runner, RunEnvironment machine, IAgentWatcher watcher, TimeProvider clock)
{
    /// <summary>How long the server may hold a claim open while there is no work.</summary>
    public TimeSpan ClaimWait { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Sends what an earlier process left, registers, and works.</summary>
    /// <param name="registration">What this agent is.</param>
    /// <param name="idle">Asked whenever there is no work; true ends the loop.</param>
    /// <param name="stop">Ends the loop; a running cell is given back to the queue.</param>
    public async Task RunAsync(AgentRegistration registration, Func<CancellationToken, Task<bool>> idle, CancellationToken stop)
    {
        // Before registering: registration says "I hold nothing", and what is in the spool is still held.
        await SyncAsync(stop);
        await server.RegisterAsync(registration, stop);
        while (!stop.IsCancellationRequested)
        {
            var assignment = await server.ClaimAsync(
                new ClaimRequest { WaitSeconds = (int)ClaimWait.TotalSeconds, SpoolDepth = spool.Depth }, stop);
            if (assignment is null)
            {
                if (await idle(stop))
                {
                    return;
                }

                continue;
            }

            await WorkAsync(assignment, stop);
            await SyncAsync(stop);
        }
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

    private async Task WorkAsync(Assignment assignment, CancellationToken stop)
    {
        watcher.Started(assignment);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        end.CancelAfter(TimeSpan.FromSeconds(assignment.HardLimitSeconds));
        var state = new AttemptWatch();
        var heart = BeatAsync(assignment, state, end);
        var started = clock.GetUtcNow();
        var outcome = await RunAsync(assignment, state, end, stop);
        await end.CancelAsync();
        await heart;
        if (state.Lost)
        {
            watcher.Warn($"The lease of {assignment.JobId} was lost; its work is given up. {state.Reason}");
            if (outcome.Failure is not null)
            {
                return;
            }
        }

        var submission = Submission(assignment, outcome, started);
        spool.Add(new SpooledResult(assignment.AttemptId, submission));
        watcher.Finished(assignment, submission);
    }

    private async Task<CellOutcome> RunAsync(Assignment assignment, AttemptWatch state, CancellationTokenSource end, CancellationToken stop)
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
                end.Token);
        }
        catch (OperationCanceledException)
        {
            return Ended(
                stop.IsCancellationRequested
                    ? new Failure(FailureClass.AgentLost, "The agent was stopped while it ran this cell.", "No action needed; the cell is queued again.")
                : state.Cancelled
                    ? new Failure(FailureClass.Cancelled, "The job was cancelled.", "Queue it again to run it.")
                : state.Lost
                    ? new Failure(FailureClass.AgentLost, "The lease was lost while the cell ran.", "No action needed.")
                : new Failure(
                    FailureClass.Timeout, $"The cell took longer than its hard limit of {assignment.HardLimitSeconds} s.",
                    "This is recorded as a time-out; raise the suite's budget if it should run longer."));
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
                    state.Cancelled = true;
                    await end.CancelAsync();
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
                (state.Lost, state.Reason) = (true, problem.Message);
                await end.CancelAsync();
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

    /// <summary>What heartbeats and the work tell each other.</summary>
    private sealed class AttemptWatch
    {
        public volatile PartProgress Progress = new("setup", 0);
        public volatile bool Lost;
        public volatile bool Cancelled;
        public volatile string? Reason;
    }
}
