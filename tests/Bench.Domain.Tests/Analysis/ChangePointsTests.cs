using Bench.Domain.Analysis;
using Bench.Domain.Randomness;
using CsCheck;

namespace Bench.Domain.Tests.Analysis;

public sealed class ChangePointsTests
{
    [Fact]
    public void Energy_of_a_worked_example_is_right()
    {
        // Between: |1−4|+|1−6|+|2−4|+|2−6| = 14, so 2/4·14 = 7; within 1 and 2; scaled by 2·2/4 = 1.
        Assert.Equal(7 - 1 - 2, ChangePoints.Energy([1, 2], [4, 6]), 1e-12);
    }

    [Fact]
    public void A_step_is_found_where_it_happened()
    {
        var history = Steps(21, (30, 10), (30, 10.5));

        var change = Assert.Single(ChangePoints.Find(history));

        Assert.Equal(30, change.Index);
        Assert.Equal(0.05, change.RelativeChange, 0.006);
    }

    [Fact]
    public void Two_points_after_a_large_step_are_enough()
    {
        var change = Assert.Single(ChangePoints.Find(Steps(22, (40, 10), (2, 12))));

        Assert.Equal(40, change.Index);
    }

    [Fact]
    public void One_point_after_a_step_is_not_yet_a_change() => Assert.Empty(ChangePoints.Find(Steps(22, (40, 10), (1, 12))));

    [Fact]
    public void Steps_in_a_long_history_are_all_found()
    {
        var changes = ChangePoints.Find(Steps(23, (60, 10), (45, 12), (80, 9)));

        Assert.Equal([60, 105], changes.Select(change => change.Index));
    }

    [Fact]
    public void Changes_below_the_noise_floor_of_the_agent_are_not_reported() =>
        Assert.Empty(ChangePoints.Find(Steps(21, (30, 10), (30, 10.5)), ChangePointOptions.ForNoise(0.03)));

    [Fact]
    public void A_short_history_is_not_judged() => Assert.Empty(ChangePoints.Find([1, 1, 1, 1, 9, 9, 9]));

    [Fact]
    public void A_constant_history_has_no_change() => Assert.Empty(ChangePoints.Find([.. Enumerable.Repeat(3.3, 100)]));

    [Fact]
    public void Scaling_the_history_moves_no_change() =>
        Gen.Select(Gen.Double[0.001, 1000], Gen.Int[0, 20]).Sample((scale, seed) =>
        {
            var history = Steps(seed, (25, 10), (25, 11));

            Assert.Equal(
                ChangePoints.Find(history).Select(change => change.Index),
                ChangePoints.Find([.. history.Select(value => value * scale)]).Select(change => change.Index));
        }, iter: 20);

    [Fact]
    public void Noise_alone_raises_an_alarm_in_few_histories()
    {
        // The strict test alone, searched over all splits; the minimum magnitude then removes most of what is left.
        Assert.InRange(Alarms(new ChangePointOptions { MinimumMagnitude = 0 }), 0, 20);
        Assert.InRange(Alarms(ChangePointOptions.ForNoise(0.01)), 0, 1);

        static int Alarms(ChangePointOptions options) => Enumerable.Range(100, 200).Count(seed => ChangePoints.Find(Steps(seed, (60, 10)), options).Count > 0);
    }

    private static double[] Steps(int seed, params (int Count, double Level)[] segments)
    {
        var random = new CounterRandom(seed);
        return [.. segments.SelectMany(segment => Enumerable.Range(0, segment.Count).Select(_ => segment.Level * (1 + (0.01 * random.NextNormal()))))];
    }
}
