using Bench.Domain.Leasing;
using Bench.Domain.Results;
using CsCheck;

namespace Bench.Domain.Tests.Leasing;

public sealed class AgentMachineTests
{
    private static readonly AgentSnapshot Active = new(AgentState.Active);

    [Fact]
    public void Third_infrastructure_failure_in_a_row_quarantines_and_says_why()
    {
        var agent = Active;
        for (var i = 1; i <= 2; i++)
        {
            agent = AgentMachine.Report(agent, FailureClass.Infrastructure, $"run_{i}");
            Assert.True(agent.MayClaim);
        }

        agent = AgentMachine.Report(agent, FailureClass.Infrastructure, "run_3");

        Assert.Equal(AgentState.Quarantined, agent.State);
        Assert.Contains("run_3", agent.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(FailureClass.OutOfMemory)]
    [InlineData(FailureClass.Crashed)]
    public void Any_other_result_breaks_the_row(FailureClass? other)
    {
        var agent = AgentMachine.Report(AgentMachine.Report(Active, FailureClass.Infrastructure, "run_1"), other, "run_2");

        agent = AgentMachine.Report(AgentMachine.Report(agent, FailureClass.Infrastructure, "run_3"), FailureClass.Infrastructure, "run_4");

        Assert.True(agent.MayClaim);
    }

    [Theory]
    [InlineData(5.0, true)]
    [InlineData(-5.0, true)]
    [InlineData(5.1, false)]
    [InlineData(-3600, false)]
    public void Clock_that_is_off_by_more_than_five_seconds_quarantines(double seconds, bool mayClaim) =>
        Assert.Equal(mayClaim, AgentMachine.NoteClock(Active, TimeSpan.FromSeconds(seconds)).MayClaim);

    [Fact]
    public void Agent_ends_only_the_drain_that_it_asked_for_itself()
    {
        var own = AgentMachine.Drain(Active, "agent:a")!;
        var other = AgentMachine.Drain(Active, "user:ada")!;
        var quarantined = AgentMachine.NoteClock(Active, TimeSpan.FromHours(1));

        Assert.Equal(Active, AgentMachine.Resume(own, "agent:a", isMaintainer: false));
        Assert.Null(AgentMachine.Resume(other, "agent:a", isMaintainer: false));
        Assert.Null(AgentMachine.Resume(quarantined, "agent:a", isMaintainer: false));
        Assert.Equal(Active, AgentMachine.Resume(quarantined, "user:ada", isMaintainer: true));
    }

    /// <summary>Everything that can happen to an agent in any order, against the laws of <c>docs/queue.md</c>.</summary>
    [Fact]
    public void Every_sequence_of_events_keeps_the_laws_of_agents() => Gen.Select(
        Gen.Int[0, 7], Gen.Enum<FailureClass>(), Gen.Double[-10, 10]).Array[1, 60].Sample(
        steps =>
        {
            var agent = AgentMachine.Enrol(null);
            foreach (var (move, failure, skew) in steps)
            {
                var before = agent;
                agent = move switch
                {
                    0 => AgentMachine.Enrol(agent),
                    1 => AgentMachine.Drain(agent, "user:ada") ?? agent,
                    2 => AgentMachine.Drain(agent, "agent:a") ?? agent,
                    3 => AgentMachine.Resume(agent, "user:ada", isMaintainer: true) ?? agent,
                    4 => AgentMachine.Resume(agent, "agent:a", isMaintainer: false) ?? agent,
                    5 => AgentMachine.Retire(agent, "user:ada"),
                    6 => AgentMachine.Report(agent, failure, "run_1"),
                    _ => AgentMachine.NoteClock(agent, TimeSpan.FromSeconds(skew)),
                };

                Assert.Equal(agent.State == AgentState.Active, agent.MayClaim);
                Assert.Equal(agent.MayClaim, agent.Reason is null);
                Assert.True(!agent.MayClaim || agent.InfrastructureFailures < AgentMachine.QuarantineAfter, "claims after three failures in a row");
                if (before.State == AgentState.Retired && agent.State != AgentState.Retired)
                {
                    Assert.Equal((0, AgentState.Active), (move, agent.State));
                }

                if (before.State == AgentState.Quarantined && agent.MayClaim)
                {
                    Assert.Equal(3, move);
                }
            }
        },
        iter: 20_000);
}
