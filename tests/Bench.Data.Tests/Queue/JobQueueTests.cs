using Bench.Data.Queue;
using Bench.Domain.Leasing;
using Bench.Domain.Protocol;
using Bench.Domain.Results;
using Microsoft.EntityFrameworkCore;

namespace Bench.Data.Tests.Queue;

public sealed class JobQueueTests
{
    public static TheoryData<DatabaseKind> Kinds => TestDatabase.Kinds;

    [Theory, MemberData(nameof(Kinds))]
    public async Task Jobs_are_given_out_in_the_order_of_the_plan(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var agent = await test.AgentAsync();
        await test.QueueAsync("quick", 128, 64, 256);

        var lengths = new List<int>();
        while (await test.QueueAsync(queue => queue.ClaimAsync(agent)) is { } assignment)
        {
            lengths.Add(assignment.Cell.Length);
        }

        Assert.Equal([128, 64, 256], lengths);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Claim_statement_moves_a_job_exactly_as_the_state_machine_does(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var agent = await test.AgentAsync();
        await test.QueueAsync("quick", 64);
        await using var db = test.Open();
        await db.Jobs.ExecuteUpdateAsync(set => set.SetProperty(job => job.EstimatedSeconds, 400.5));
        var before = (await db.Jobs.AsNoTracking().SingleAsync()).ToSnapshot();

        var assignment = (await test.QueueAsync(queue => queue.ClaimAsync(agent)))!;

        var expected = JobMachine.Claim(before, assignment.AttemptId, agent.Id, test.Clock.GetUtcNow(), test.Terms);
        Assert.Equal(expected, (await db.Jobs.AsNoTracking().SingleAsync()).ToSnapshot());
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task No_job_is_leased_twice_when_many_agents_claim_at_once(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var agents = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => test.AgentAsync($"agent-{i}")));
        await test.QueueAsync("quick", [.. Enumerable.Range(1, 120)]);

        var claimed = await Task.WhenAll(agents.Select(agent => Task.Run(async () =>
        {
            var jobs = new List<string>();
            while (await test.QueueAsync(queue => queue.ClaimAsync(agent)) is { } assignment)
            {
                jobs.Add(assignment.JobId);
            }

            return jobs;
        })));

        Assert.Equal(120, claimed.Sum(jobs => jobs.Count));
        Assert.Equal(120, claimed.SelectMany(jobs => jobs).Distinct().Count());
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Agent_gets_only_what_it_can_run(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var agent = await test.AgentAsync("narrow", Samples.Registration("b1", "linear/parallel"));
        await test.SuitesAsync(async suites =>
        {
            await suites.PutAsync(Samples.PlanOf(
                "quick", Samples.Cell(64), Samples.Cell(64, "linear/parallel") with { Device = "cuda" },
                Samples.Cell(64, "linear/parallel") with { Dtype = "float16" }, Samples.Cell(32, "linear/parallel")));
            return await suites.EnqueueAsync(new EnqueueRequest("quick"), null);
        });

        var assignment = await test.QueueAsync(queue => queue.ClaimAsync(agent));

        Assert.Equal(("linear/parallel", 32), (assignment!.Cell.Implementation, assignment.Cell.Length));
        Assert.Null(await test.QueueAsync(queue => queue.ClaimAsync(agent)));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Draining_agent_gets_nothing(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var agent = await test.AgentAsync();
        await test.QueueAsync("quick", 64);
        await test.AgentsAsync(agents => agents.ChangeStateAsync(agent.Id, AgentState.Draining, "test"));

        await using var db = test.Open();
        agent = await db.Agents.AsNoTracking().SingleAsync();

        Assert.Null(await test.QueueAsync(queue => queue.ClaimAsync(agent)));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Heartbeat_needs_the_lease_token(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var agent = await test.AgentAsync();
        await test.QueueAsync("quick", 64);
        var assignment = (await test.QueueAsync(queue => queue.ClaimAsync(agent)))!;

        var right = await Beat(test, assignment, agent.Id, assignment.LeaseToken);
        var wrong = await Beat(test, assignment, agent.Id, "wrong");
        var stranger = await Beat(test, assignment, "agt_stranger", assignment.LeaseToken);

        Assert.NotNull(right.Answer);
        Assert.Null(wrong.Answer);
        Assert.Null(stranger.Answer);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Orphaned_lease_is_given_away_after_its_deadline_and_one_sweep(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var (lost, other) = (await test.AgentAsync("lost"), await test.AgentAsync("other"));
        await test.QueueAsync("quick", 64);
        var first = (await test.QueueAsync(queue => queue.ClaimAsync(lost)))!;

        test.Clock.Advance(test.Terms.Expiry - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, await test.SweepAsync());
        test.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, await test.SweepAsync());

        var second = (await test.QueueAsync(queue => queue.ClaimAsync(other)))!;
        Assert.Equal(first.JobId, second.JobId);
        Assert.Contains("given to another agent", (await Beat(test, first, lost.Id, first.LeaseToken)).Refusal, StringComparison.Ordinal);
        await using var db = test.Open();
        Assert.Equal(
            [AttemptState.Expired, AttemptState.Active],
            await db.Attempts.OrderBy(attempt => attempt.Number).Select(attempt => attempt.State).ToListAsync());
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Job_that_three_agents_lost_fails_and_marks_the_cell(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var agent = await test.AgentAsync();
        await test.QueueAsync("quick", 64);
        for (var i = 0; i < 3; i++)
        {
            Assert.NotNull(await test.QueueAsync(queue => queue.ClaimAsync(agent)));
            test.Clock.Advance(test.Terms.Expiry);
            Assert.Equal(1, await test.SweepAsync());
        }

        await using var db = test.Open();
        var job = await db.Jobs.SingleAsync();
        var state = await db.CellStates.SingleAsync();
        Assert.Equal((JobState.Failed, FailureClass.AgentLost), (job.State, job.FailureClass));
        Assert.Equal((Outcome.Failed, FailureClass.AgentLost), (state.Outcome, state.FailureClass));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Cancelled_job_is_told_to_its_agent_with_the_next_heartbeat(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var agent = await test.AgentAsync();
        await test.QueueAsync("quick", 64, 128);
        var running = (await test.QueueAsync(queue => queue.ClaimAsync(agent)))!;
        await using var db = test.Open();
        var waiting = await db.Jobs.SingleAsync(job => job.State == JobState.Queued);

        Assert.Equal(JobState.Leased, await test.QueueAsync(queue => queue.CancelAsync(running.JobId, "ada")));
        Assert.Equal(JobState.Cancelled, await test.QueueAsync(queue => queue.CancelAsync(waiting.Id, "ada")));
        Assert.True((await Beat(test, running, agent.Id, running.LeaseToken)).Answer!.Cancel);
        await test.ResultsAsync(results => results.StoreAsync(
            running.AttemptId, agent.Id, Samples.Failed(running, FailureClass.Cancelled)));

        db.ChangeTracker.Clear();
        Assert.All(await db.Jobs.ToListAsync(), job => Assert.Equal(JobState.Cancelled, job.State));
        Assert.Equal(2, await db.Audit.CountAsync(row => row.Action == "job.cancelled"));
    }

    private static Task<(HeartbeatAnswer? Answer, string Refusal)> Beat(TestDatabase test, Assignment assignment, string agentId, string token) =>
        test.QueueAsync(queue => queue.RenewAsync(assignment.AttemptId, agentId, new Heartbeat { LeaseToken = token, Phase = "measure" }));
}
