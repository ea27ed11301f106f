using Bench.Domain.Leasing;
using Bench.Domain.Results;
using CsCheck;

namespace Bench.Domain.Tests.Leasing;

public sealed class WorkCycleTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Spool_is_sent_before_the_agent_says_that_it_holds_nothing()
    {
        var work = WorkCycle.Begin;

        Assert.Equal(WorkPhase.Delivering, work.Phase);
        Assert.Equal(WorkPhase.Registering, work.Delivered().Phase);
        Assert.Equal(WorkPhase.Claiming, work.Delivered().Registered().Phase);
    }

    [Fact]
    public void Stop_in_the_middle_of_a_cell_gives_it_back_uncharged_and_ends_after_the_delivery()
    {
        var stopped = Working().Stop();

        var (next, delivery) = stopped.End(hasNumbers: false);

        Assert.Equal(FailureClass.Cancelled, stopped.Failure(60)!.Class);
        Assert.Equal(Delivery.Spool, delivery);
        Assert.Equal(WorkPhase.Delivering, next.Phase);
        Assert.Equal(WorkPhase.Ended, next.Delivered().Phase);
    }

    [Fact]
    public void Numbers_are_delivered_even_when_the_lease_was_lost()
    {
        Assert.Equal(Delivery.Spool, Working().LoseLease().End(hasNumbers: true).Delivery);
        Assert.Equal(Delivery.GiveUp, Working().LoseLease().End(hasNumbers: false).Delivery);
    }

    [Fact]
    public void Hard_limit_is_a_time_out_and_the_first_reason_counts()
    {
        var late = Working().Tick(Noon.AddSeconds(60));

        Assert.Equal(FailureClass.Timeout, late.Failure(60)!.Class);
        Assert.Equal(late, late.Cancel());
        Assert.Null(Working().Tick(Noon.AddSeconds(59)).Failure(60));
    }

    [Fact]
    public void Report_that_nobody_asked_for_is_an_error() =>
        Assert.Throws<InvalidOperationException>(() => WorkCycle.Begin.Leased("att_1", Noon));

    /// <summary>Every event at every moment: a lease ends in exactly one delivery, and nothing is claimed while something is held or to be sent.</summary>
    [Fact]
    public void Every_sequence_of_events_delivers_each_lease_once() => Gen.Select(Gen.Int[0, 9], Gen.Bool).Array[1, 80].Sample(
        steps =>
        {
            var work = WorkCycle.Begin;
            var (leases, ends, claimsWhileHolding) = (0, 0, 0);
            foreach (var (move, flag) in steps)
            {
                var before = work;
                work = (move, work.Phase) switch
                {
                    (0, _) => work.Stop(),
                    (1, _) => work.LoseLease(),
                    (2, _) => work.Cancel(),
                    (3, _) => work.Tick(flag ? Noon : Noon.AddHours(1)),
                    (_, WorkPhase.Delivering) => work.Delivered(),
                    (_, WorkPhase.Registering) => work.Registered(),
                    (_, WorkPhase.Claiming) when flag => Lease(work),
                    (_, WorkPhase.Claiming) => work.FoundNothing(move == 9),
                    (_, WorkPhase.Working) => End(work, flag),
                    _ => work,
                };
                claimsWhileHolding += work is { Phase: WorkPhase.Claiming, AttemptId: not null } ? 1 : 0;

                Assert.Equal(work.Phase == WorkPhase.Working, work.AttemptId is not null);
                Assert.True(before.Phase != WorkPhase.Ended || work.Phase == WorkPhase.Ended, "came back after its end");
                Assert.True(before.Phase != WorkPhase.Working || work.Phase is WorkPhase.Working or WorkPhase.Delivering, "left its work without a delivery");
                Assert.True(work.Phase != WorkPhase.Claiming || work is { IsRegistered: true, IsStopping: false }, "claims unregistered or while it stops");
                Assert.Equal(leases, ends + (work.AttemptId is null ? 0 : 1));
            }

            Assert.Equal(0, claimsWhileHolding);

            WorkCycle Lease(WorkCycle now)
            {
                leases++;
                return now.Leased($"att_{leases}", Noon.AddMinutes(1));
            }

            WorkCycle End(WorkCycle now, bool numbers)
            {
                ends++;
                return now.End(numbers).Next;
            }
        },
        iter: 20_000);

    private static WorkCycle Working() => WorkCycle.Begin.Delivered().Registered().Leased("att_1", Noon.AddSeconds(60));
}
