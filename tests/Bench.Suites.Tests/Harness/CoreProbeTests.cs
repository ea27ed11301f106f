using Bench.Suites.Harness;

namespace Bench.Suites.Tests.Harness;

public sealed class CoreProbeTests
{
    [Fact]
    public void A_core_is_shared_when_the_ratio_rises_by_a_tenth()
    {
        var ratio = 2.5;
        var core = new CoreProbe(() => ratio);

        Assert.False(core.IsShared());
        ratio = 2.5 * 1.09;
        Assert.False(core.IsShared());
        ratio = 2.5 * 1.11;
        Assert.True(core.IsShared());
        Assert.Equal(2.5, core.Quiet, 0.01);
    }

    [Fact]
    public void A_few_probes_that_the_system_interrupted_do_not_make_a_quiet_core()
    {
        var probes = 0;
        var core = new CoreProbe(() => ++probes % 60 == 0 ? 0.1 : 2.5);

        Assert.Equal(2.5, core.Quiet, 0.01);
        Assert.False(core.IsShared());
    }

    [Fact]
    public void What_another_process_knows_of_the_quiet_core_counts_from_the_first_probe()
    {
        Assert.True(new CoreProbe(() => 4, known: 2.5).IsShared());
        var core = new CoreProbe(() => 4);
        Assert.False(core.IsShared());
        core.Learn(2.5);
        Assert.True(core.IsShared());
        Assert.Equal(2.5, core.Quiet, 0.01);
    }

    /// <summary>On a real core the two loops do what they are there for: the wide one does its sixteen operations a round in far fewer cycles.</summary>
    [Fact]
    public void The_loops_of_the_real_probe_are_not_left_out()
    {
        // 16,000 operations beside a chain of 1,600: below 1 a core would issue more than ten a cycle, above 10 not even one.
        Assert.InRange(new CoreProbe().Quiet, 1, 10);
    }
}
