using System.Diagnostics;
using Bench.Attention.Primitives.Fused;
using Bench.Suites.Efficiency;
using Bench.Suites.Harness;
using static TorchSharp.torch;

namespace Bench.Suites.Tests.Efficiency;

public sealed class RooflineTests
{
    [Fact]
    public void Peaks_of_a_busy_moment_are_raised_by_a_second_look()
    {
        // What a probe sees that was interrupted all the time.
        var busy = new Roofline(FlopsPerSecond: 1e6, BytesPerSecond: 1e6);

        var again = busy.LookedAtAgain(ScalarType.Float32, CPU);

        // A pass at one GFLOP/s: impossible by the first probe, ordinary by the second.
        Assert.True(busy.Forbids(milliseconds: 1, flops: 1e6, bytes: 1e3));
        Assert.False(again.Forbids(milliseconds: 1, flops: 1e6, bytes: 1e3));
    }

    [Fact]
    public void A_second_look_never_lowers_a_peak_and_still_refuses_the_impossible()
    {
        var peak = new Roofline(FlopsPerSecond: 1e15, BytesPerSecond: 1e15);

        var again = peak.LookedAtAgain(ScalarType.Float32, CPU);

        Assert.Equal(peak, again);
        Assert.Throws<CellFailedException>(() => again.Refuse("some/thing", milliseconds: 0.001, flops: 1e13, bytes: 1));
    }

    [Theory]
    [InlineData(ScalarType.Float32, 1)]
    [InlineData(ScalarType.Float64, 2)]
    public void What_multiply_adds_in_registers_can_do_is_not_called_impossible(ScalarType dtype, double share)
    {
        // Whatever torch's product makes of the machine: a pass at the rate of the multipliers is possible.
        var milliseconds = Enumerable.Range(0, 5).Min(_ =>
        {
            var start = Stopwatch.GetTimestamp();
            MultiplyAddLoop.Pass();
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        });

        Assert.False(Roofline.Measure(dtype, CPU).Forbids(milliseconds, MultiplyAddLoop.Flops / share, bytes: 1));
    }
}
