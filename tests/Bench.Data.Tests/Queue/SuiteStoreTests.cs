using Bench.Data.Rows;
using Bench.Domain.Protocol;
using Bench.Domain.Results;
using Microsoft.EntityFrameworkCore;

namespace Bench.Data.Tests.Queue;

public sealed class SuiteStoreTests
{
    public static TheoryData<DatabaseKind> Kinds => TestDatabase.Kinds;

    [Theory, MemberData(nameof(Kinds))]
    public async Task Cells_that_wait_are_not_queued_twice_even_by_another_suite(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        await test.QueueAsync("quick", 64, 128);

        var again = await test.QueueAsync("full", 64, 128, 256);

        Assert.Equal((1, 2, 0), (again.Queued, again.AlreadyQueued, again.Finished));
        Assert.Equal(3, await test.CountAsync<JobRow>());
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Requests_that_queue_one_suite_at_once_queue_each_cell_once(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        await test.SuitesAsync(async suites =>
        {
            await suites.PutAsync(Samples.Plan("quick", [.. Enumerable.Range(1, 40)]));
            return true;
        });

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() =>
            test.SuitesAsync(suites => suites.EnqueueAsync(new EnqueueRequest("quick"), null)))));

        Assert.Equal(40, answers.Sum(answer => answer!.Queued));
        Assert.Equal(40, await test.CountAsync<JobRow>());
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Finished_cells_are_skipped_only_for_the_same_build(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var agent = await test.AgentAsync();
        await test.QueueAsync("quick", 64, 128, 256);
        var first = (await test.QueueAsync(queue => queue.ClaimAsync(agent)))!;
        var second = (await test.QueueAsync(queue => queue.ClaimAsync(agent)))!;
        var third = (await test.QueueAsync(queue => queue.ClaimAsync(agent)))!;
        await test.ResultsAsync(results => results.StoreAsync(first.AttemptId, agent.Id, Samples.Success(first)));
        await test.ResultsAsync(results => results.StoreAsync(second.AttemptId, agent.Id, Samples.Failed(second, FailureClass.OutOfMemory)));
        await test.ResultsAsync(results => results.StoreAsync(third.AttemptId, agent.Id, Samples.Failed(third, FailureClass.InvalidJob)));

        var same = await test.SuitesAsync(suites => suites.EnqueueAsync(new EnqueueRequest("quick"), "b1"));
        var next = await test.SuitesAsync(suites => suites.EnqueueAsync(new EnqueueRequest("quick"), "b2"));

        Assert.Equal((1, 2), (same!.Queued, same.Finished));
        Assert.Equal((2, 1), (next!.Queued, next.AlreadyQueued));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Progress_counts_every_planned_cell_once(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var agent = await test.AgentAsync();
        var plan = Samples.Plan("quick", 64, 128, 256, 512);
        plan = plan with { Cells = [.. plan.Cells, plan.Cells[0] with { Cell = Samples.Cell(999), IneligibleReason = "too odd" }] };
        await test.SuitesAsync(async suites =>
        {
            await suites.PutAsync(plan);
            return await suites.EnqueueAsync(new EnqueueRequest("quick"), null);
        });
        var first = (await test.QueueAsync(queue => queue.ClaimAsync(agent)))!;
        var second = (await test.QueueAsync(queue => queue.ClaimAsync(agent)))!;
        await test.QueueAsync(queue => queue.ClaimAsync(agent));
        await test.ResultsAsync(results => results.StoreAsync(first.AttemptId, agent.Id, Samples.Success(first)));
        await test.ResultsAsync(results => results.StoreAsync(second.AttemptId, agent.Id, Samples.Failed(second, FailureClass.Timeout)));

        var progress = await test.SuitesAsync(suites => suites.ProgressAsync("quick"));

        Assert.Equal(new SuiteProgress("quick", 1, 1, 1, 1, 1, null), progress);
        Assert.Null(await test.SuitesAsync(suites => suites.ProgressAsync("unknown")));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Pushing_a_suite_again_replaces_its_plan_and_keeps_its_cells(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        foreach (var lengths in new int[][] { [64, 128], [128, 256, 512] })
        {
            await test.SuitesAsync(async suites =>
            {
                await suites.PutAsync(Samples.Plan("quick", lengths));
                return true;
            });
        }

        await using var db = test.Open();
        Assert.Equal(3, await db.SuiteCells.CountAsync());
        Assert.Equal(4, await db.Cells.CountAsync());
        Assert.Equal(Samples.Cell(64), (await db.Cells.OrderBy(cell => cell.Id).FirstAsync()).ToCell());
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Nightly_jobs_wait_behind_what_a_person_asked_for(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var agent = await test.AgentAsync();
        await test.SuitesAsync(async suites =>
        {
            await suites.PutAsync(Samples.Plan("full", 1, 2));
            return await suites.EnqueueAsync(new EnqueueRequest("full", Reason: "nightly"), null);
        });
        await test.QueueAsync("quick", 64);

        Assert.Equal("quick", (await test.QueueAsync(queue => queue.ClaimAsync(agent)))!.Suite);
    }
}
