using Bench.Data;
using Bench.Data.Rows;
using Bench.Web.Features.Leaderboards;
using Microsoft.EntityFrameworkCore;
using Quartz;

namespace Bench.Web.Schedules;

/// <summary>Notes every day where everybody stands on every board, so that a rank has a history.</summary>
[Schedule("0 0 6 * * ?", "Note the ranks of every board"), DisallowConcurrentExecution]
internal sealed class BoardHistoryJob(BenchDbContext db, BoardQuery boards, ScheduleLog log, TimeProvider clock) : IJob
{
    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) =>
        await log.RunAsync("BoardHistory", context.ScheduledFireTimeUtc ?? context.FireTimeUtc, () => NoteAsync(cancellationToken), cancellationToken);

    /// <summary>Notes the ranks of today in place of those noted earlier today.</summary>
    /// <returns>What was noted, in one line.</returns>
    internal async Task<string> NoteAsync(CancellationToken cancellation)
    {
        var day = clock.Now().Date;
        var (ranked, noted) = (0, 0);
        foreach (var board in BoardDefinition.All)
        {
            var first = await boards.ReadAsync(board, null, BoardQuery.Closed, cancellation);
            foreach (var group in first.Groups)
            {
                var view = group.Key == first.Group ? first : await boards.ReadAsync(board, group.Key, BoardQuery.Closed, cancellation);
                if (view.Rows.Count == 0)
                {
                    continue;
                }

                await db.BoardRanks.Where(row => row.Board == board.Slug && row.ComparabilityKey == group.Key && row.Day == day).ExecuteDeleteAsync(cancellation);
                db.BoardRanks.AddRange(view.Rows.Select(row => new BoardRankRow
                {
                    Board = board.Slug,
                    ComparabilityKey = group.Key,
                    Entrant = row.Rank.Entrant,
                    Day = day,
                    Definition = board.Hash,
                    BestRank = row.Rank.BestRank,
                    WorstRank = row.Rank.WorstRank,
                    Score = row.Rank.Score,
                }));
                await db.SaveChangesAsync(cancellation);
                db.ChangeTracker.Clear();
                (ranked, noted) = (ranked + 1, noted + view.Rows.Count);
            }
        }

        return $"{noted} ranks of {ranked} boards.";
    }
}
