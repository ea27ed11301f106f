using Bench.Domain.Leasing;

namespace Bench.Domain.Tests.Leasing;

public sealed class FairShareTests
{
    [Fact]
    public void A_suite_that_comes_later_alternates_with_the_one_that_waits()
    {
        var first = FairShare.Turns(Enumerable.Repeat(10.0, 6), null, null).Select(turn => (turn, suite: "a")).Skip(2).ToList();
        var second = FairShare.Turns(Enumerable.Repeat(10.0, 3), first.Min(job => job.turn), null).Select(turn => (turn, suite: "b"));

        var order = string.Concat(first.Concat(second).OrderBy(job => job.turn).ThenBy(job => job.suite).Select(job => job.suite));

        Assert.Equal("abababa", order);
    }

    [Fact]
    public void Shares_are_of_time_and_not_of_jobs()
    {
        var slow = FairShare.Turns(Enumerable.Repeat(100.0, 3), null, null).Select(turn => (turn, suite: "s"));
        var quick = FairShare.Turns(Enumerable.Repeat(25.0, 8), null, null).Select(turn => (turn, suite: "q"));

        var order = string.Concat(slow.Concat(quick).OrderBy(job => job.turn).ThenBy(job => job.suite).Select(job => job.suite));

        Assert.Equal("qsqqqqsqqqs", order);
    }

    [Fact]
    public void More_jobs_of_a_waiting_suite_go_behind_its_own() =>
        Assert.Equal([50.0, 60.0], FairShare.Turns([10, 10], 20, 50));
}
