using Bench.Data.Rows;
using Bench.Domain.Leasing;
using Bench.Domain.Matrix;
using Bench.Domain.Protocol;
using Bench.Domain.Results;
using Microsoft.EntityFrameworkCore;

namespace Bench.Data.Queue;

/// <summary>Keeps suites as they were pushed, queues their cells and says how far they are.</summary>
public sealed class SuiteStore(BenchDbContext db, TimeProvider clock)
{
    private const int ChunkSize = 400;

    /// <summary>Stores a suite in place of its previous plan. Results of cells that are not in it any more stay.</summary>
    public async Task PutAsync(SuitePlan plan, CancellationToken cancellation = default)
    {
        var cells = await InternAsync(plan.Cells.Select(planned => planned.Cell), cancellation);
        await db.RetryAsync(() => TryPutAsync(plan, cells, cancellation));
    }

    /// <summary>Queues the cells of a suite that are neither waiting nor, if asked, finished.</summary>
    /// <param name="request">What to queue and why.</param>
    /// <param name="buildHash">Implementation version that a finished run must have; null accepts every one.</param>
    /// <param name="cancellation">Ends the wait for the database.</param>
    /// <returns>Null when there is no such suite.</returns>
    public Task<EnqueueAnswer?> EnqueueAsync(EnqueueRequest request, string? buildHash, CancellationToken cancellation = default) =>
        db.RetryAsync(() => TryEnqueueAsync(request, buildHash, cancellation));

    /// <summary>How far a suite is, counted over its planned cells.</summary>
    /// <returns>Null when there is no such suite.</returns>
    public async Task<SuiteProgress?> ProgressAsync(string suite, CancellationToken cancellation = default)
    {
        if (!await db.Suites.AnyAsync(row => row.Name == suite, cancellation))
        {
            return null;
        }

        var ineligible = await db.SuiteCells.CountAsync(row => row.Suite == suite && row.IneligibleReason != null, cancellation);
        // Index ix_jobs_history: the newest job of each planned cell and seed decides.
        var states = await db.SuiteCells
            .Where(cell => cell.Suite == suite && cell.IneligibleReason == null)
            .Select(cell => db.Jobs
                .Where(job => job.CellId == cell.CellId && job.Seed == cell.Seed)
                .OrderByDescending(job => job.Id).Select(job => (JobState?)job.State).FirstOrDefault())
            .GroupBy(state => state)
            .Select(group => new { State = group.Key, Count = group.Count() })
            .ToListAsync(cancellation);
        var last = await db.Attempts.AsNoTracking()
            .Where(attempt => attempt.Message != null && db.Jobs.Any(job => job.Id == attempt.JobId && job.Suite == suite))
            .OrderByDescending(attempt => attempt.LastHeartbeatAt).Select(attempt => attempt.Message).FirstOrDefaultAsync(cancellation);
        int Count(params JobState[] wanted) => states.Where(row => row.State is { } state && wanted.Contains(state)).Sum(row => row.Count);
        return new SuiteProgress(
            suite, Count(JobState.Queued), Count(JobState.Leased, JobState.Running), Count(JobState.Succeeded),
            Count(JobState.Failed, JobState.Cancelled), ineligible, last);
    }

    /// <summary>Higher goes first: what a person waits for, then regression checks, then schedules, then backfill.</summary>
    public static int PriorityOf(string reason) => reason switch
    {
        "nightly" or "scheduled" => 10,
        "backfill" => 0,
        "regression" => 20,
        _ => 30,
    };

    private async Task<bool> TryPutAsync(SuitePlan plan, Dictionary<string, int> cells, CancellationToken cancellation)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var suite = await db.Suites.SingleOrDefaultAsync(row => row.Name == plan.Name, cancellation);
        if (suite is null)
        {
            suite = new SuiteRow { Name = plan.Name, Title = "", ContentHash = "", UpdatedAt = default };
            db.Suites.Add(suite);
        }

        suite.Title = plan.Title;
        suite.Description = plan.Description;
        suite.ContentHash = plan.ContentHash;
        suite.UpdatedAt = clock.Now();
        await db.SaveChangesAsync(cancellation);
        await db.SuiteCells.Where(row => row.Suite == plan.Name).ExecuteDeleteAsync(cancellation);
        db.SuiteCells.AddRange(plan.Cells.Select((planned, ordinal) => new SuiteCellRow
        {
            Suite = plan.Name,
            Ordinal = ordinal,
            CellId = cells[planned.Cell.Key],
            Seed = planned.Seed,
            EstimatedSeconds = planned.EstimatedSeconds,
            Budget = planned.Budget,
            IneligibleReason = planned.IneligibleReason,
        }));
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    private async Task<EnqueueAnswer?> TryEnqueueAsync(EnqueueRequest request, string? buildHash, CancellationToken cancellation)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        // Whoever queues this suite at the same time waits here and then sees what was queued, instead of colliding job by job.
        var locked = await db.Suites.Where(row => row.Name == request.Suite)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.UpdatedAt, row => row.UpdatedAt), cancellation);
        if (locked == 0)
        {
            return null;
        }

        var planned = await db.SuiteCells.AsNoTracking().Where(row => row.Suite == request.Suite).OrderBy(row => row.Ordinal).ToListAsync(cancellation);
        var eligible = planned.Where(row => row.IneligibleReason is null).DistinctBy(row => (row.CellId, row.Seed)).ToList();
        var live = await LiveAsync(request.Suite, cancellation);
        var finished = request.SkipFinished ? await FinishedAsync(request.Suite, buildHash, cancellation) : [];
        var wanted = eligible.Where(row => !live.Contains((row.CellId, row.Seed)) && !finished.Contains((row.CellId, row.Seed))).ToList();
        await AddJobsAsync(request, wanted, cancellation);
        await transaction.CommitAsync(cancellation);
        return new EnqueueAnswer(
            wanted.Count,
            eligible.Count(row => live.Contains((row.CellId, row.Seed))),
            eligible.Count(row => !live.Contains((row.CellId, row.Seed)) && finished.Contains((row.CellId, row.Seed))),
            planned.Count - planned.Count(row => row.IneligibleReason is null));
    }

    private async Task AddJobsAsync(EnqueueRequest request, List<SuiteCellRow> wanted, CancellationToken cancellation)
    {
        var now = clock.Now();
        var priority = PriorityOf(request.Reason);
        var waiting = db.Jobs.Where(job => job.State == JobState.Queued && job.Priority == priority);
        var smallest = await waiting.MinAsync(job => (double?)job.Turn, cancellation);
        var ownLast = await waiting.Where(job => job.Suite == request.Suite).MaxAsync(job => (double?)job.Turn, cancellation);
        var turns = FairShare.Turns(wanted.Select(row => row.EstimatedSeconds), smallest, ownLast).ToList();
        var ids = wanted.Select(row => row.CellId).Distinct().ToList();
        var cells = new Dictionary<int, CellRow>();
        foreach (var chunk in ids.Chunk(ChunkSize))
        {
            await foreach (var cell in db.Cells.AsNoTracking().Where(row => chunk.Contains(row.Id)).AsAsyncEnumerable().WithCancellation(cancellation))
            {
                cells[cell.Id] = cell;
            }
        }

        // Rows are inserted in the order of their ids. Ids in the order of the cells make suites that share cells take
        // their places in the unique index of waiting jobs in one order, so that none waits in a circle.
        var jobs = Enumerable.Range(0, wanted.Count).Select(_ => BenchId.New("job", clock)).Order(StringComparer.Ordinal)
            .Zip(wanted.OrderBy(row => row.CellId).ThenBy(row => row.Seed))
            .ToDictionary(pair => (pair.Second.CellId, pair.Second.Seed), pair => pair.First);
        db.Jobs.AddRange(wanted.Select((row, index) => new JobRow
        {
            Id = jobs[(row.CellId, row.Seed)],
            Suite = request.Suite,
            CellId = row.CellId,
            Seed = row.Seed,
            Reason = request.Reason,
            Priority = priority,
            Turn = turns[index],
            Task = cells[row.CellId].Task,
            Implementation = cells[row.CellId].Implementation,
            Device = cells[row.CellId].Device,
            Dtype = cells[row.CellId].Dtype,
            EstimatedSeconds = row.EstimatedSeconds,
            Budget = row.Budget,
            State = JobState.Queued,
            QueuedAt = now,
            NotBefore = JobRow.AtOnce,
        }));
        await db.SaveChangesAsync(cancellation);
        db.ChangeTracker.Clear();
    }

    private async Task<HashSet<(int CellId, int Seed)>> LiveAsync(string suite, CancellationToken cancellation)
    {
        var rows = await (
            from cell in db.SuiteCells
            join job in db.Jobs on new { cell.CellId, cell.Seed } equals new { job.CellId, job.Seed }
            where cell.Suite == suite && (job.State == JobState.Queued || job.State == JobState.Leased || job.State == JobState.Running)
            select new { job.CellId, job.Seed }).ToListAsync(cancellation);
        return rows.Select(row => (row.CellId, row.Seed)).ToHashSet();
    }

    private async Task<HashSet<(int CellId, int Seed)>> FinishedAsync(string suite, string? buildHash, CancellationToken cancellation)
    {
        FailureClass[] results = [.. Enum.GetValues<FailureClass>().Where(failure => failure.IsResult)];
        var rows = await (
            from cell in db.SuiteCells
            join run in db.Runs on new { cell.CellId, cell.Seed } equals new { run.CellId, run.Seed }
            where cell.Suite == suite && run.IsLatest
                && (run.Outcome == Outcome.Succeeded || results.Contains(run.FailureClass!.Value))
                && (buildHash == null || run.BuildHash == "" || run.BuildHash == buildHash)
            select new { run.CellId, run.Seed }).ToListAsync(cancellation);
        return rows.Select(row => (row.CellId, row.Seed)).ToHashSet();
    }

    /// <summary>Gives every cell its row.</summary>
    /// <returns>Row numbers by cell key.</returns>
    private async Task<Dictionary<string, int>> InternAsync(IEnumerable<Cell> cells, CancellationToken cancellation)
    {
        var known = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var chunk in cells.DistinctBy(cell => cell.Key).Chunk(ChunkSize))
        {
            foreach (var (key, id) in await db.RetryAsync(() => InternChunkAsync(chunk, cancellation)))
            {
                known[key] = id;
            }
        }

        return known;
    }

    private async Task<Dictionary<string, int>> InternChunkAsync(Cell[] chunk, CancellationToken cancellation)
    {
        var keys = chunk.Select(cell => cell.Key).ToList();
        var known = await db.Cells.Where(row => keys.Contains(row.Key)).ToDictionaryAsync(row => row.Key, row => row.Id, cancellation);
        var added = chunk.Where(cell => !known.ContainsKey(cell.Key)).Select(CellRow.Of).ToList();
        db.Cells.AddRange(added);
        await db.SaveChangesAsync(cancellation);
        foreach (var row in added)
        {
            known[row.Key] = row.Id;
        }

        return known;
    }
}
