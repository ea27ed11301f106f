using Bench.Data.Results;
using Bench.Data.Rows;
using Bench.Domain.Leasing;
using Bench.Domain.Protocol;
using Bench.Domain.Results;
using Microsoft.EntityFrameworkCore;

namespace Bench.Data.Tests.Results;

public sealed class ResultIngestTests
{
    public static TheoryData<DatabaseKind> Kinds => TestDatabase.Kinds;

    [Theory, MemberData(nameof(Kinds))]
    public async Task Result_is_stored_with_its_samples_environment_and_summary(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var (agent, assignment) = await ClaimedAsync(test);

        var outcome = await Store(test, agent, assignment, Samples.Success(assignment, 3, 1, 2));

        await using var db = test.Open();
        var run = await db.Runs.SingleAsync();
        var metric = await db.RunMetrics.SingleAsync();
        var summary = await db.CellSummaries.SingleAsync();
        Assert.Equal((IngestStatus.Stored, false), (outcome.Status, outcome.Late));
        Assert.Equal((run.Id, true, "b1"), (outcome.RunId, run.IsLatest, run.BuildHash));
        Assert.Equal([3.0, 1.0, 2.0], metric.Samples);
        Assert.Equal((2.0, 1.0, 3.0, 3), (summary.Median, summary.Low, summary.High, summary.Count));
        Assert.Equal("Test processor", (await db.Environments.SingleAsync()).Facts["device.model"]);
        Assert.Equal(JobState.Succeeded, (await db.Jobs.SingleAsync()).State);
        Assert.Equal(Outcome.Succeeded, (await db.CellStates.SingleAsync()).Outcome);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Hundred_equal_results_at_once_are_one_run_and_hundred_successes(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var (agent, assignment) = await ClaimedAsync(test);
        var result = Samples.Success(assignment);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => Store(test, agent, assignment, result))));

        Assert.Single(outcomes, outcome => outcome.Status == IngestStatus.Stored);
        Assert.Equal(99, outcomes.Count(outcome => outcome.Status == IngestStatus.Replayed));
        Assert.Single(outcomes.Select(outcome => outcome.RunId).Distinct());
        Assert.Equal(1, await test.CountAsync<RunRow>());
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Attempt_cannot_bring_two_different_results(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var (agent, assignment) = await ClaimedAsync(test);
        await Store(test, agent, assignment, Samples.Success(assignment));

        var second = await Store(test, agent, assignment, Samples.Success(assignment));

        Assert.Equal(IngestStatus.Conflicting, second.Status);
        Assert.Equal(1, await test.CountAsync<RunRow>());
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Wrong_token_or_agent_changes_no_row(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var (agent, assignment) = await ClaimedAsync(test);
        var stranger = await test.AgentAsync("stranger");

        var token = await Store(test, agent, assignment, Samples.Success(assignment) with { LeaseToken = "wrong" });
        var sender = await Store(test, stranger, assignment, Samples.Success(assignment));
        var attempt = await Store(test, agent, assignment with { AttemptId = "att_none" }, Samples.Success(assignment));

        Assert.All([token, sender, attempt], outcome => Assert.Equal(IngestStatus.NotTheHolder, outcome.Status));
        Assert.Equal(0, await test.CountAsync<RunRow>() + await test.CountAsync<EnvironmentRow>());
        await using var db = test.Open();
        Assert.Equal(JobState.Leased, (await db.Jobs.SingleAsync()).State);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Late_result_counts_and_the_attempt_that_replaced_it_is_superseded(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var (slow, first) = await ClaimedAsync(test);
        test.Clock.Advance(test.Terms.Expiry);
        await test.SweepAsync();
        var other = await test.AgentAsync("other");
        var second = (await test.QueueAsync(queue => queue.ClaimAsync(other)))!;

        var late = await Store(test, slow, first, Samples.Success(first));
        var beat = await test.QueueAsync(queue => queue.RenewAsync(
            second.AttemptId, other.Id, new Heartbeat { LeaseToken = second.LeaseToken, Phase = "measure" }));
        var superseded = await Store(test, other, second, Samples.Success(second));

        Assert.Equal((IngestStatus.Stored, true), (late.Status, late.Late));
        Assert.Null(beat.Answer);
        Assert.Equal(IngestStatus.Superseded, superseded.Status);
        Assert.Equal(1, await test.CountAsync<RunRow>());
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Out_of_memory_ends_the_cell_with_its_reason_and_takes_old_numbers_away(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var (agent, first) = await ClaimedAsync(test);
        await Store(test, agent, first, Samples.Success(first));
        var second = await AgainAsync(test, agent);

        await Store(test, agent, second, Samples.Failed(second, FailureClass.OutOfMemory));

        await using var db = test.Open();
        var state = await db.CellStates.SingleAsync();
        Assert.Equal((Outcome.Failed, FailureClass.OutOfMemory), (state.Outcome, state.FailureClass));
        Assert.Equal(0, await test.CountAsync<CellSummaryRow>());
        Assert.Equal([false, true], await db.Runs.OrderBy(run => run.Id).Select(run => run.IsLatest).ToListAsync());
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Broken_disk_does_not_take_the_cells_number_away(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var (agent, first) = await ClaimedAsync(test);
        await Store(test, agent, first, Samples.Success(first));
        for (var i = 0; i < 3; i++)
        {
            var next = i == 0 ? await AgainAsync(test, agent) : (await ClaimAfterPauseAsync(test, agent))!;
            await Store(test, agent, next, Samples.Failed(next, FailureClass.Infrastructure));
        }

        await using var db = test.Open();
        Assert.Equal(Outcome.Succeeded, (await db.CellStates.SingleAsync()).Outcome);
        Assert.Equal(1, await test.CountAsync<CellSummaryRow>());
        Assert.Equal(JobState.Failed, await db.Jobs.OrderBy(job => job.Id).Select(job => job.State).LastAsync());
        Assert.Equal(AgentState.Quarantined, (await db.Agents.SingleAsync()).State);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Seeds_of_one_cell_are_summarised_together(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var agent = await test.AgentAsync();
        var cell = Samples.Cell(64) with { Task = "recall/mqar" };
        await test.SuitesAsync(async suites =>
        {
            var plan = Samples.PlanOf("recall", cell);
            await suites.PutAsync(plan with { Cells = [.. new[] { 1, 2, 3 }.Select(seed => plan.Cells[0] with { Seed = seed })] });
            return await suites.EnqueueAsync(new EnqueueRequest("recall"), null);
        });
        foreach (var accuracy in new[] { 0.98, 0.20 })
        {
            var assignment = (await test.QueueAsync(queue => queue.ClaimAsync(agent)))!;
            await Store(test, agent, assignment, Samples.Success(assignment) with { Metrics = [MetricSamples.Of(Metric.Accuracy, accuracy)] });
        }

        var diverged = (await test.QueueAsync(queue => queue.ClaimAsync(agent)))!;
        await Store(test, agent, diverged, Samples.Failed(diverged, FailureClass.Diverged));

        await using var db = test.Open();
        var summary = await db.CellSummaries.SingleAsync();
        var state = await db.CellStates.SingleAsync();
        Assert.Equal([0.98, 0.20], summary.SeedValues);
        Assert.Equal(0.59, summary.Mean, 12);
        Assert.Equal((Outcome.Succeeded, 3, 1), (state.Outcome, state.Seeds, state.FailedSeeds));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Results_that_come_together_are_each_judged_by_themselves(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var agent = await test.AgentAsync();
        await test.QueueAsync("quick", 64, 128, 256);
        var all = new List<Assignment>();
        while (await test.QueueAsync(queue => queue.ClaimAsync(agent)) is { } assignment)
        {
            all.Add(assignment);
        }

        var twice = Samples.Success(all[2]);
        var outcomes = await test.ResultsAsync(results => results.StoreAsync(
        [
            new IngestItem(all[0].AttemptId, agent.Id, Samples.Success(all[0])),
            new IngestItem(all[1].AttemptId, agent.Id, Samples.Success(all[1]) with { LeaseToken = "wrong" }),
            new IngestItem(all[2].AttemptId, agent.Id, twice),
            new IngestItem(all[2].AttemptId, agent.Id, twice),
        ]));

        Assert.Equal(
            [IngestStatus.Stored, IngestStatus.NotTheHolder, IngestStatus.Stored, IngestStatus.Replayed], outcomes.Select(outcome => outcome.Status));
        Assert.Equal(2, await test.CountAsync<RunRow>());
    }

    private static async Task<(AgentRow Agent, Assignment Assignment)> ClaimedAsync(TestDatabase test)
    {
        var agent = await test.AgentAsync();
        await test.QueueAsync("quick", 64);
        return (agent, (await test.QueueAsync(queue => queue.ClaimAsync(agent)))!);
    }

    private static async Task<Assignment> AgainAsync(TestDatabase test, AgentRow agent)
    {
        test.Clock.Advance(TimeSpan.FromHours(1));
        await test.SuitesAsync(suites => suites.EnqueueAsync(new EnqueueRequest("quick", SkipFinished: false), null));
        return (await test.QueueAsync(queue => queue.ClaimAsync(agent)))!;
    }

    private static async Task<Assignment?> ClaimAfterPauseAsync(TestDatabase test, AgentRow agent)
    {
        test.Clock.Advance(TimeSpan.FromMinutes(20));
        return await test.QueueAsync(queue => queue.ClaimAsync(agent));
    }

    private static Task<IngestOutcome> Store(TestDatabase test, AgentRow agent, Assignment assignment, ResultSubmission result) =>
        test.ResultsAsync(results => results.StoreAsync(assignment.AttemptId, agent.Id, result));
}
