using Bench.Data;
using Bench.Data.Rows;
using Bench.Domain.Leasing;
using Bench.Domain.Results;
using Bench.Web.Api;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Features.Jobs;

/// <summary>Lists jobs of every state, and reads one with its attempts.</summary>
internal sealed class JobsQuery(IDbContextFactory<BenchDbContext> contexts, Cursors cursors)
{
    /// <summary>Jobs from the newest on.</summary>
    /// <returns>Null when the cursor is not one of ours.</returns>
    public async Task<Page<JobSummary>?> ListAsync(JobsFilter filter, int limit, string? cursor, CancellationToken cancellation = default)
    {
        string? before = null;
        if (cursor is not null)
        {
            if (cursors.Read(cursor) is not var (_, id))
            {
                return null;
            }

            before = id;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellation);
        // The primary key, walked backwards: ids are in the order of time. With a suite the index (suite, id).
        var rows = db.Jobs.AsNoTracking();
        if (before is not null)
        {
            // The database compares; the comparison that the analyzer asks for has no SQL.
#pragma warning disable CA1309
            rows = rows.Where(row => string.Compare(row.Id, before) < 0);
#pragma warning restore CA1309
        }

        rows = filter.Suite is { } suite ? rows.Where(row => row.Suite == suite) : rows;
        rows = filter.States.Length > 0 ? rows.Where(row => filter.States.Contains(row.State)) : rows;
        var found = await rows.OrderByDescending(row => row.Id).Take(limit + 1)
            .Join(db.Cells, job => job.CellId, cell => cell.Id, (job, cell) => new { job, cell.Key, cell.Length })
            .OrderByDescending(row => row.job.Id).ToListAsync(cancellation);
        var shown = found.Take(limit).ToList();
        return new Page<JobSummary>(
            [.. shown.Select(row => JobSummary.Of(row.job, row.Key, row.Length))],
            found.Count > limit ? cursors.After(DateTime.UnixEpoch, shown[^1].job.Id) : null);
    }

    /// <summary>One job with its attempts; null when there is none.</summary>
    public async Task<JobDetail?> FindAsync(string id, CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var found = await db.Jobs.AsNoTracking().Where(row => row.Id == id)
            .Join(db.Cells, job => job.CellId, cell => cell.Id, (job, cell) => new { job, cell.Key, cell.Length }).SingleOrDefaultAsync(cancellation);
        if (found is null)
        {
            return null;
        }

        var attempts = await db.Attempts.AsNoTracking().Where(row => row.JobId == id).OrderBy(row => row.Number)
            .Select(row => new JobAttempt(
                row.Id, row.Number, row.AgentId, row.State, row.LeasedAt, row.LastHeartbeatAt, row.EndedAt, row.Phase, row.Progress, row.Message,
                row.FailureClass, row.FailureMessage, db.Runs.Where(run => run.AttemptId == row.Id).Select(run => run.Id).FirstOrDefault()))
            .ToListAsync(cancellation);
        return new JobDetail(JobSummary.Of(found.job, found.Key, found.Length), found.job.FailureMessage, found.job.FailureRemedy, attempts);
    }
}

/// <summary>Which jobs to list.</summary>
internal sealed record JobsFilter(string? Suite, JobState[] States);

/// <summary>A job in a list.</summary>
internal sealed record JobSummary(
    string Id, string Suite, string CellKey, string Task, string Implementation, int Length, int Seed, JobState State, int Priority, int Attempts,
    string? AgentId, FailureClass? Failure, DateTimeOffset QueuedAt, DateTimeOffset? FinishedAt)
{
    /// <summary>The summary of a row.</summary>
    public static JobSummary Of(JobRow row, string cellKey, int length) => new(
        row.Id, row.Suite, cellKey, row.Task, row.Implementation, length, row.Seed, row.State, row.Priority, row.Attempts, row.AgentId, row.FailureClass,
        row.QueuedAt, row.FinishedAt);
}

/// <summary>A job with its attempts.</summary>
internal sealed record JobDetail(JobSummary Job, string? Message, string? Remedy, IReadOnlyList<JobAttempt> Attempts);

/// <summary>One lease of a job.</summary>
internal sealed record JobAttempt(
    string Id, int Number, string AgentId, AttemptState State, DateTimeOffset LeasedAt, DateTimeOffset? LastHeartbeatAt, DateTimeOffset? EndedAt,
    string Phase, double Progress, string? Message, FailureClass? Failure, string? FailureMessage, string? RunId);
