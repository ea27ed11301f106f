using Bench.Data;
using Bench.Data.Rows;
using Bench.Domain.Leasing;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Web.Features.Changes;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Features.Runs;

/// <summary>One run with everything that is known about it.</summary>
internal sealed class RunQuery(IDbContextFactory<BenchDbContext> contexts)
{
    /// <summary>A run; null when there is none with this id.</summary>
    public async Task<RunView?> FindAsync(string id, CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var run = await db.Runs.AsNoTracking().SingleOrDefaultAsync(row => row.Id == id, cancellation);
        if (run is null)
        {
            return null;
        }

        var (cell, environment, agent) = await AboutAsync(db, run, cancellation);
        var metrics = await db.RunMetrics.AsNoTracking().Where(row => row.RunId == id).OrderBy(row => row.Name).ToListAsync(cancellation);
        var job = await db.Jobs.AsNoTracking().SingleAsync(row => row.Id == run.JobId, cancellation);
        var attempts = await db.Attempts.AsNoTracking().Where(row => row.JobId == run.JobId).OrderBy(row => row.Number).ToListAsync(cancellation);
        var newest = run.IsLatest ? null : await db.Runs
            .Where(row => row.CellId == run.CellId && row.Seed == run.Seed && row.ComparabilityKey == run.ComparabilityKey && row.IsLatest)
            .Select(row => row.Id).FirstOrDefaultAsync(cancellation);
        var headline = metrics.Find(row => row.Name == Metric.Accuracy.Name) ?? metrics.Find(row => row.Name == Metric.TimeMs.Name);
        var history = headline is null ? null : await History.ReadAsync(db, run.CellId, run.Seed, run.ComparabilityKey, headline.Name, cancellation);
        return new RunView
        {
            Id = run.Id,
            History = history,
            Cell = cell.ToCell(),
            CellKey = cell.Key,
            Seed = run.Seed,
            Suite = run.Suite,
            Reason = job.Reason,
            AgentId = run.AgentId,
            AgentName = agent,
            Outcome = run.Outcome,
            Failure = run.FailureClass is { } failure ? new Failure(failure, run.FailureMessage ?? "", run.FailureRemedy ?? "") : null,
            Metrics = [.. metrics.Select(Of)],
            Correctness = run.Detail.Correctness,
            LearningCurve = run.Detail.LearningCurve,
            Facts = run.Detail.Facts,
            PhaseSeconds = run.Detail.PhaseSeconds,
            QueueSeconds = Math.Max(0, (attempts.First(row => row.Id == run.AttemptId).LeasedAt - job.QueuedAt).TotalSeconds),
            Environment = environment.Facts,
            EnvironmentHash = environment.Hash,
            ComparabilityKey = run.ComparabilityKey,
            StartedAt = run.StartedAt,
            FinishedAt = run.FinishedAt,
            ReceivedAt = run.ReceivedAt,
            Late = run.Late,
            SupersededBy = newest,
            JobId = run.JobId,
            Attempts = [.. attempts.Select(row => new RunAttempt(
                row.Id, row.Number, row.State, row.LeasedAt, row.EndedAt, row.FailureClass, row.FailureMessage, row.Id == run.AttemptId))],
            LogTail = run.Detail.LogTail,
        };
    }

    private static async Task<(CellRow Cell, EnvironmentRow Environment, string Agent)> AboutAsync(BenchDbContext db, RunRow run, CancellationToken cancellation)
    {
        var about = await (
            from cell in db.Cells.AsNoTracking()
            from environment in db.Environments.AsNoTracking()
            from agent in db.Agents
            where cell.Id == run.CellId && environment.Hash == run.EnvironmentHash && agent.Id == run.AgentId
            select new { Cell = cell, Environment = environment, agent.Name }).SingleAsync(cancellation);
        return (about.Cell, about.Environment, about.Name);
    }

    private static RunMetric Of(RunMetricRow row) =>
        new(row.Name, row.Unit, row.Better, row.Median, row.Low, row.High, row.Count, row.Samples, row.SamplesPerProcess);
}

/// <summary>One run.</summary>
internal sealed record RunView
{
    public required string Id { get; init; }
    public required Cell Cell { get; init; }
    public required string CellKey { get; init; }
    public required int Seed { get; init; }
    public required string Suite { get; init; }
    public required string Reason { get; init; }
    public required string AgentId { get; init; }
    public required string AgentName { get; init; }
    public required Outcome Outcome { get; init; }
    public Failure? Failure { get; init; }
    public required IReadOnlyList<RunMetric> Metrics { get; init; }
    public CorrectnessReport? Correctness { get; init; }
    public required IReadOnlyList<CurvePoint> LearningCurve { get; init; }
    public required SortedDictionary<string, double> Facts { get; init; }
    public required SortedDictionary<string, double> PhaseSeconds { get; init; }
    public required double QueueSeconds { get; init; }
    public required RunEnvironment Environment { get; init; }
    public required string EnvironmentHash { get; init; }
    public required string ComparabilityKey { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public required DateTimeOffset FinishedAt { get; init; }
    public required DateTimeOffset ReceivedAt { get; init; }
    public required bool Late { get; init; }

    /// <summary>Newest counting run of the same cell, seed and kind of environment, when this is not it.</summary>
    public string? SupersededBy { get; init; }

    /// <summary>All runs of this cell, seed and kind of environment; null when this is the only one.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public History? History { get; init; }

    public required string JobId { get; init; }
    public required IReadOnlyList<RunAttempt> Attempts { get; init; }
    public required string LogTail { get; init; }
}

/// <summary>One metric of a run with all its samples.</summary>
internal sealed record RunMetric(
    string Name, string Unit, Better Better, double Median, double Low, double High, int Count, IReadOnlyList<double> Samples,
    IReadOnlyList<int> SamplesPerProcess);

/// <summary>One attempt of the run's job.</summary>
internal sealed record RunAttempt(
    string Id, int Number, AttemptState State, DateTimeOffset LeasedAt, DateTimeOffset? EndedAt, FailureClass? Failure, string? Message, bool IsThis);
