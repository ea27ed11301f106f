using Bench.Suites.Harness;

namespace Bench.Suites.Tests.Harness;

public sealed class TimingLoopTests
{
    private static readonly Budget Short = new() { MinSamples = 8, MinSeconds = 0, MaxSeconds = 0.5, TargetRelativeError = 1 };

    [Fact]
    public void Warm_up_ends_only_when_passes_stop_getting_faster()
    {
        double[] falling = [10, 8, 6, 5, 4.5, 4.2, 4.0, 3.8, 3.6, 3.4];
        double[] level = [10, 6, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4];

        Assert.False(TimingLoop.IsSteady(falling));
        Assert.True(TimingLoop.IsSteady(level));
        Assert.False(TimingLoop.IsSteady(level[..4]));
    }

    [Fact]
    public void Long_passes_need_no_ten_warm_ups()
    {
        Assert.True(TimingLoop.IsSteady([900, 900, 900]));
        Assert.False(TimingLoop.IsSteady([900, 900]));
    }

    [Fact]
    public void Every_sample_is_followed_by_the_check_and_every_pass_gets_the_next_inputs()
    {
        var (passes, checks) = (new List<int>(), 0);

        var result = TimingLoop.Measure(call => { passes.Add(call); Busy(0.3); }, () => checks++, Short);

        Assert.Equal(Enumerable.Range(0, passes.Count), passes);
        Assert.Equal(result.WarmUpPasses + result.Milliseconds.Count, checks);
        Assert.True(result.Milliseconds.Count >= Short.MinSamples);
    }

    [Fact]
    public void A_pass_too_short_for_the_clock_is_called_several_times_a_sample()
    {
        var result = TimingLoop.Measure(_ => { }, () => { }, Short);

        Assert.True(result.CallsPerSample > 1, $"{result.CallsPerSample} calls a sample");
        Assert.All(result.Milliseconds, milliseconds => Assert.True(milliseconds >= 0));
    }

    [Fact]
    public void One_pass_longer_than_the_budget_is_still_one_sample()
    {
        var result = TimingLoop.Measure(_ => Busy(30), () => { }, new Budget { MinSamples = 50, MinSeconds = 0, MaxSeconds = 0.001 });

        Assert.Single(result.Milliseconds);
    }

    [Fact]
    public void Passes_that_ran_before_are_warm_up_and_long_ones_are_all_of_it()
    {
        var calls = 0;

        var result = TimingLoop.Measure(
            _ => { calls++; Busy(1); }, () => { }, new Budget { MinSamples = 1, MinSeconds = 0, MaxSeconds = 0.001 }, before: [300, 280]);

        Assert.Equal(2, result.WarmUpPasses);
        Assert.InRange(result.WarmUpSeconds, 0.58, 0.6);
        Assert.Equal(calls, result.Milliseconds.Count);
    }

    [Fact]
    public void Samples_from_which_the_processor_was_taken_are_repeated_and_counted()
    {
        var budget = new Budget { MinSamples = 12, MinSeconds = 0, MaxSeconds = 5, TargetRelativeError = 1 };

        // Every fourth pass gets wall time without processor time, as when the system runs another program.
        var (processor, passes) = (0.0, 0);
        var result = TimingLoop.Measure(
            call =>
            {
                passes++;
                Busy(1);
                processor += call % 4 == 3 ? 0 : 1;
            },
            () => { }, budget, new CoreProbe(() => 1), () => processor);

        Assert.True(result.Interrupted >= 3, $"{result.Interrupted} interrupted");
        Assert.False(result.DisturbedKept);
        Assert.True(result.Milliseconds.Count >= 12);
        Assert.Equal(result.WarmUpPasses + result.Milliseconds.Count + result.Interrupted, passes);
    }

    [Fact]
    public void Where_every_sample_is_interrupted_all_are_kept_and_said_to_be()
    {
        var budget = new Budget { MinSamples = 5, MinSeconds = 0, MaxSeconds = 0.05, TargetRelativeError = 1 };

        var result = TimingLoop.Measure(_ => Busy(2), () => { }, budget, new CoreProbe(() => 1), () => 0);

        Assert.True(result.DisturbedKept);
        Assert.Equal(result.Interrupted, result.Milliseconds.Count);
    }

    [Fact]
    public void Samples_beside_a_neighbour_are_repeated_until_it_leaves()
    {
        var budget = new Budget { MinSamples = 8, MinSeconds = 0, MaxSeconds = 0.1, TargetRelativeError = 1 };

        // The neighbour stays for longer than the budget: a pass takes a millisecond or more.
        var passes = 0;
        var core = new CoreProbe(() => passes is > 0 and < 150 ? 1.6 : 1);
        var result = TimingLoop.Measure(
            _ =>
            {
                passes++;
                Busy(1);
            },
            () => { }, budget, core, Processor());

        Assert.False(result.DisturbedKept);
        // Warm-up takes a quarter of the budget at most.
        Assert.InRange(result.Shared, 120, 150);
        Assert.True(result.Milliseconds.Count >= 3, $"{result.Milliseconds.Count} samples");
        Assert.Equal(result.WarmUpPasses + result.Milliseconds.Count + result.Shared, passes);
        Assert.Equal(1, result.QuietCore, 0.01);
    }

    [Fact]
    public void A_neighbour_that_does_not_leave_costs_some_patience_and_is_told()
    {
        var budget = new Budget { MinSamples = 5, MinSeconds = 0, MaxSeconds = 0.05, TargetRelativeError = 1 };

        var result = TimingLoop.Measure(_ => Busy(100), () => { }, budget, new CoreProbe(() => 1.5, known: 1), Processor());

        Assert.True(result.DisturbedKept);
        Assert.Equal(result.Milliseconds.Count, result.Shared);
        Assert.InRange(result.Milliseconds.Count, 10, 42);
    }

    /// <summary>A processor that nobody takes away.</summary>
    private static Func<double> Processor()
    {
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        return () => System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static void Busy(double milliseconds)
    {
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        while (System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMilliseconds < milliseconds)
        {
            Thread.SpinWait(50);
        }
    }
}
