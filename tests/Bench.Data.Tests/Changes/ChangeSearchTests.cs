using Bench.Data.Changes;
using Bench.Data.Rows;
using Bench.Domain.Protocol;
using Bench.Domain.Results;
using Microsoft.EntityFrameworkCore;

namespace Bench.Data.Tests.Changes;

public sealed class ChangeSearchTests
{
    public static TheoryData<DatabaseKind> Kinds => TestDatabase.Kinds;

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_step_is_stored_once_however_often_it_is_searched_for(DatabaseKind kind)
    {
        await using var database = await TestDatabase.CreateAsync(kind);
        var agent = await database.AgentAsync();
        await NightsAsync(database, agent, [.. Level(10, 9), .. Level(12, 5)]);

        var first = await SearchAsync(database);
        await NightsAsync(database, agent, Level(12, 1));
        var second = await SearchAsync(database);

        Assert.Equal(new ChangeSearchResult(1, 1, 0), first);
        Assert.Equal(new ChangeSearchResult(1, 0, 0), second);
        await using var db = database.Open();
        var change = await db.Changes.SingleAsync();
        Assert.Equal((ChangeState.Detected, true, 6), (change.State, change.IsWorse, change.RunsAfter));
        Assert.Equal(0.2, change.RelativeChange, 2);
        Assert.Equal(await db.Runs.OrderBy(run => run.Id).Skip(9).Select(run => run.Id).FirstAsync(), change.FirstRunAfter);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task An_accepted_level_is_what_later_runs_are_judged_by(DatabaseKind kind)
    {
        await using var database = await TestDatabase.CreateAsync(kind);
        var agent = await database.AgentAsync();
        await NightsAsync(database, agent, [.. Level(10, 9), .. Level(12, 9)]);
        await SearchAsync(database);
        await using (var db = database.Open())
        {
            var change = await db.Changes.SingleAsync();
            Assert.NotNull(await new ChangeStore(db, database.Clock).SetAsync(change.Id, ChangeState.Accepted, "wanted", "user:ada"));
        }

        await NightsAsync(database, agent, Level(15, 9));
        var result = await SearchAsync(database);

        Assert.Equal(1, result.Found);
        await using var after = database.Open();
        var changes = await after.Changes.OrderBy(change => change.At).ToListAsync();
        Assert.Equal([ChangeState.Accepted, ChangeState.Detected], changes.ConvertAll(change => change.State));
        Assert.Equal(12, changes[1].Before, 0);
        Assert.Equal(("user:ada", "wanted"), (changes[0].StateBy, changes[0].Comment));
        Assert.Contains(await after.Audit.Select(row => row.Action).ToListAsync(), action => action == "change.state-set");
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_regression_whose_level_comes_back_is_fixed_without_anybody(DatabaseKind kind)
    {
        await using var database = await TestDatabase.CreateAsync(kind);
        var agent = await database.AgentAsync();
        await NightsAsync(database, agent, [.. Level(10, 9), .. Level(13, 9)]);
        await SearchAsync(database);

        await NightsAsync(database, agent, Level(10, 9));
        await SearchAsync(database);

        await using var db = database.Open();
        Assert.Equal([ChangeState.Fixed, ChangeState.Detected], await db.Changes.OrderBy(change => change.At).Select(change => change.State).ToListAsync());
    }

    [Fact]
    public async Task Histories_without_a_new_run_are_not_searched_again()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        var agent = await database.AgentAsync();
        await NightsAsync(database, agent, Level(10, 9));

        var result = await SearchAsync(database, database.Clock.Now().AddSeconds(1));

        Assert.Equal(new ChangeSearchResult(0, 0, 0), result);
    }

    /// <summary>Values around a level that differ by a few parts in a thousand, always the same ones.</summary>
    private static double[] Level(double level, int count) =>
        [.. Enumerable.Range(0, count).Select(index => level * (1 + (((index * 7) % 5) - 2) * 0.001))];

    private static async Task<ChangeSearchResult> SearchAsync(TestDatabase database, DateTime? since = null)
    {
        await using var db = database.Open();
        return await new ChangeSearch(db, database.Clock).RunAsync(since);
    }

    private static async Task NightsAsync(TestDatabase database, AgentRow agent, params double[] milliseconds)
    {
        await database.SuitesAsync(async suites =>
        {
            await suites.PutAsync(Samples.Plan("nightly", 64));
            return true;
        });
        foreach (var value in milliseconds)
        {
            database.Clock.Advance(TimeSpan.FromDays(1));
            await database.SuitesAsync(suites => suites.EnqueueAsync(new EnqueueRequest("nightly", SkipFinished: false, "nightly"), null));
            var assignment = (await database.QueueAsync(queue => queue.ClaimAsync(agent)))!;
            var result = Samples.Success(assignment, value, value, value) with { ResultId = BenchId.New("res", database.Clock) };
            Assert.Equal(Outcome.Succeeded, result.Outcome);
            await database.ResultsAsync(results => results.StoreAsync(assignment.AttemptId, agent.Id, result));
        }
    }
}
