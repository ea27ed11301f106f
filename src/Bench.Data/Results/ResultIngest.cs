using Bench.Data.Queue;
using Bench.Data.Agents;
using Bench.Data.Rows;
using Bench.Domain.Leasing;
using Bench.Domain.Protocol;
using Bench.Domain.Results;
using Microsoft.EntityFrameworkCore;

namespace Bench.Data.Results;

/// <summary>
/// Stores results: the run, its samples, the move of its job and the newest numbers of its cell in one transaction. Sending a result twice stores
/// it once. Several results share a transaction when they come at the same time.
/// </summary>
public sealed class ResultIngest(BenchDbContext db, TimeProvider clock)
{
    /// <summary>Stores one result.</summary>
    public async Task<IngestOutcome> StoreAsync(
        string attemptId, string agentId, ResultSubmission submission, CancellationToken cancellation = default) =>
        (await StoreAsync([new IngestItem(attemptId, agentId, submission)], cancellation))[0];

    /// <summary>Stores results together. Each is judged by itself; a refused one does not hinder the others.</summary>
    /// <returns>One outcome for each item, in order.</returns>
    public Task<IReadOnlyList<IngestOutcome>> StoreAsync(IReadOnlyList<IngestItem> items, CancellationToken cancellation = default) =>
        db.RetryAsync(() => TryStoreAsync(items, cancellation));

    private async Task<IReadOnlyList<IngestOutcome>> TryStoreAsync(IReadOnlyList<IngestItem> items, CancellationToken cancellation)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var attemptIds = items.Select(item => item.AttemptId).Distinct().ToList();
        var rows = await db.Attempts.Where(row => attemptIds.Contains(row.Id))
            .Join(db.Jobs, attempt => attempt.JobId, job => job.Id, (attempt, job) => new { attempt, job }).ToListAsync(cancellation);
        var attempts = rows.ToDictionary(row => row.attempt.Id, row => row.attempt);
        var jobs = rows.Select(row => row.job).Distinct().ToDictionary(job => job.Id);
        // A twin that is stored between this read and our save breaks a unique index, and then everything is read again.
        var stored = await db.Runs.AsNoTracking().Where(row => attemptIds.Contains(row.AttemptId))
            .Select(row => new { row.AttemptId, row.Id, row.ResultId, row.Late }).ToDictionaryAsync(row => row.AttemptId, cancellation);

        var outcomes = new IngestOutcome[items.Count];
        var accepted = new List<Accepted>();
        for (var i = 0; i < items.Count; i++)
        {
            var (attemptId, agentId, submission) = items[i];
            if (!attempts.TryGetValue(attemptId, out var attempt)
                || attempt.AgentId != agentId
                || !Secrets.Matches(submission.LeaseToken, attempt.TokenHash))
            {
                outcomes[i] = new IngestOutcome(
                    IngestStatus.NotTheHolder, null, false, $"Attempt {attemptId} was not given to this agent with this lease token.");
                continue;
            }

            if (stored.TryGetValue(attemptId, out var before))
            {
                outcomes[i] = Again(attemptId, submission.ResultId, before.ResultId, before.Id, before.Late);
                continue;
            }

            if (accepted.Find(other => other.Attempt == attempt) is { } twin)
            {
                outcomes[i] = Again(attemptId, submission.ResultId, twin.Run.ResultId, twin.Run.Id, twin.Run.Late);
                continue;
            }

            outcomes[i] = Judge(attempt, jobs[attempt.JobId], agentId, submission, accepted);
        }

        var counting = accepted.Where(one => one.Run.IsLatest).Select(one => one.Run).ToList();
        var otherFailures = accepted.Where(one => one is { Counts: true, Run.IsLatest: false }).Select(one => one.Run).ToList();
        if (accepted.Count > 0)
        {
            await StoreEnvironmentsAsync(accepted, cancellation);
        }

        if (counting.Count > 0)
        {
            // As late as possible: whoever has results of the same cells waits from here to the commit.
            await CellSummaries.LockAsync(db, counting.Select(run => run.CellId), cancellation);
            await CellSummaries.RefreshAsync(
                db, counting, accepted.SelectMany(one => one.Metrics).ToLookup(metric => metric.RunId), clock.Now(), cancellation);
        }

        // Everything in one save, which is one round trip.
        await db.SaveChangesAsync(cancellation);
        await NoteAgentsAsync(accepted, cancellation);
        await NoteFailuresAsync(otherFailures, cancellation);
        await transaction.CommitAsync(cancellation);
        return outcomes;
    }

    private static IngestOutcome Again(string attemptId, string resultId, string storedResultId, string runId, bool late) =>
        resultId == storedResultId
            ? new IngestOutcome(IngestStatus.Replayed, runId, late)
            : new IngestOutcome(
                IngestStatus.Conflicting, runId, late, $"Attempt {attemptId} brought result {storedResultId} before; it is stored as {runId}.");

    private IngestOutcome Judge(AttemptRow attempt, JobRow job, string agentId, ResultSubmission submission, List<Accepted> accepted)
    {
        var now = clock.Now();
        var decision = JobMachine.Finish(job.ToSnapshot(), attempt.Id, agentId, submission.Outcome, submission.Failure, now);
        attempt.EndedAt ??= now;
        attempt.FailureClass = submission.Failure?.Class;
        attempt.FailureMessage = submission.Failure?.Message;
        if (decision.Verdict == ResultVerdict.Superseded)
        {
            attempt.State = AttemptState.Superseded;
            return new IngestOutcome(
                IngestStatus.Superseded, null, true, $"Attempt {job.FinalAttemptId} of job {job.Id} succeeded first; this result is not needed.");
        }

        attempt.State = submission.Outcome == Outcome.Succeeded ? AttemptState.Succeeded : AttemptState.Failed;
        if (decision.Job != job.ToSnapshot())
        {
            job.Apply(decision.Job, now);
        }

        var run = NewRun(attempt, job, submission, decision, now);
        db.Runs.Add(run);
        List<RunMetricRow> metrics = [.. submission.Metrics.Select(metric => NewMetric(run.Id, metric))];
        db.RunMetrics.AddRange(metrics);
        accepted.Add(new Accepted(attempt, run, metrics, submission.Environment, decision.Verdict == ResultVerdict.Counts));
        return new IngestOutcome(IngestStatus.Stored, run.Id, decision.Late);
    }

    private RunRow NewRun(AttemptRow attempt, JobRow job, ResultSubmission submission, ResultDecision decision, DateTime now) => new()
    {
        Id = BenchId.New("run", clock),
        ResultId = submission.ResultId,
        AttemptId = attempt.Id,
        JobId = job.Id,
        CellId = job.CellId,
        Seed = job.Seed,
        Suite = job.Suite,
        AgentId = attempt.AgentId,
        Outcome = submission.Outcome,
        FailureClass = submission.Failure?.Class,
        FailureMessage = submission.Failure?.Message,
        FailureRemedy = submission.Failure?.Remedy,
        EnvironmentHash = submission.Environment.Hash(),
        DeviceClass = submission.Environment.DeviceClass,
        ComparabilityKey = submission.Environment.ComparabilityKey(),
        BuildHash = submission.Environment.GetValueOrDefault("build.hash", ""),
        StartedAt = submission.StartedAt.UtcDateTime,
        FinishedAt = submission.FinishedAt.UtcDateTime,
        ReceivedAt = now,
        Late = decision.Late,
        IsLatest = decision.Verdict == ResultVerdict.Counts && (submission.Failure is null || submission.Failure.Class.IsResult),
        Detail = new RunDetail
        {
            Correctness = submission.Correctness,
            Facts = submission.Facts,
            PhaseSeconds = submission.PhaseSeconds,
            LearningCurve = submission.LearningCurve,
            LogTail = submission.LogTail,
        },
    };

    private static RunMetricRow NewMetric(string runId, MetricSamples metric)
    {
        var summary = SampleSummary.Of(metric.Samples);
        return new RunMetricRow
        {
            RunId = runId,
            Name = metric.Name,
            Unit = metric.Unit,
            Better = metric.Better,
            Samples = [.. metric.Samples],
            SamplesPerProcess = [.. metric.SamplesPerProcess],
            Median = summary.Median,
            Low = summary.Low,
            High = summary.High,
            Count = summary.Count,
        };
    }

    private async Task StoreEnvironmentsAsync(List<Accepted> accepted, CancellationToken cancellation)
    {
        var hashes = accepted.Select(one => one.Run.EnvironmentHash).Distinct().ToList();
        var known = await db.Environments.Where(row => hashes.Contains(row.Hash)).Select(row => row.Hash).ToListAsync(cancellation);
        db.Environments.AddRange(accepted.DistinctBy(one => one.Run.EnvironmentHash).Where(one => !known.Contains(one.Run.EnvironmentHash))
            .Select(one => new EnvironmentRow
            {
                Hash = one.Run.EnvironmentHash,
                Facts = one.Environment,
                DeviceClass = one.Run.DeviceClass,
                ComparabilityKey = one.Run.ComparabilityKey,
                FirstSeenAt = one.Run.ReceivedAt,
            }));
    }

    /// <summary>Three infrastructure failures in a row quarantine an agent: it would only burn the attempts of good cells.</summary>
    private async Task NoteAgentsAsync(List<Accepted> accepted, CancellationToken cancellation)
    {
        var ids = accepted.Select(one => one.Attempt.AgentId).Distinct().ToList();
        // Not the whole rows: what an agent says about itself is long, and almost always nothing changes here.
        var agents = await db.Agents.Where(row => ids.Contains(row.Id)).OrderBy(row => row.Id)
            .Select(row => new { row.Id, row.ComparabilityKey, Snapshot = new AgentSnapshot(row.State, row.StateReason, row.InfrastructureFailures) })
            .ToListAsync(cancellation);
        foreach (var agent in agents)
        {
            var runs = accepted.Where(one => one.Attempt.AgentId == agent.Id).Select(one => one.Run).ToList();
            var after = runs.Aggregate(agent.Snapshot, (before, run) => AgentMachine.Report(before, run.FailureClass, run.Id));
            if (after != agent.Snapshot)
            {
                // An agent drives one device and delivers one result after another: who moved it meanwhile was a maintainer, and that stands.
                await db.WriteAgentAsync(agent.Id, agent.Snapshot, after, cancellation);
            }

            var key = runs[^1].ComparabilityKey;
            if (key != agent.ComparabilityKey)
            {
                await db.Agents.Where(row => row.Id == agent.Id).ExecuteUpdateAsync(set => set.SetProperty(row => row.ComparabilityKey, key), cancellation);
            }
        }
    }

    /// <summary>A final failure that says nothing about the cell shows only where nothing better is known.</summary>
    private async Task NoteFailuresAsync(List<RunRow> failures, CancellationToken cancellation)
    {
        foreach (var run in failures)
        {
            if (!await db.CellStates.AnyAsync(row => row.CellId == run.CellId && row.ComparabilityKey == run.ComparabilityKey, cancellation))
            {
                db.CellStates.Add(new CellStateRow
                {
                    CellId = run.CellId,
                    ComparabilityKey = run.ComparabilityKey,
                    DeviceClass = run.DeviceClass,
                    Outcome = Outcome.Failed,
                    FailureClass = run.FailureClass,
                    FailureMessage = run.FailureMessage,
                    RunId = run.Id,
                    Seeds = 1,
                    FailedSeeds = 1,
                    UpdatedAt = run.ReceivedAt,
                });
                await db.SaveChangesAsync(cancellation);
            }
        }
    }

    private sealed record Accepted(AttemptRow Attempt, RunRow Run, IReadOnlyList<RunMetricRow> Metrics, RunEnvironment Environment, bool Counts);
}
