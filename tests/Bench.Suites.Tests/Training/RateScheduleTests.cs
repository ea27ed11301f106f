using Bench.Suites.Training;

namespace Bench.Suites.Tests.Training;

/// <summary>Schedules against values worked out by hand from their formulas.</summary>
public sealed class RateScheduleTests
{
    [Fact]
    public void Constant_is_one() => Check(RateSchedule.Constant, (0, 1), (1_000_000, 1));

    [Fact]
    public void Cosine_rises_in_a_line_and_falls_to_nothing() =>
        Check(RateSchedule.Cosine(total: 110, warmup: 10), (0, 0.1), (9, 1), (10, 1), (35, 0.853553391), (60, 0.5), (110, 0), (500, 0));

    [Fact]
    public void The_arenas_inverse_root_peaks_at_the_end_of_its_warm_up() =>
        // 0.05 · factor at w = 1000: the published peak is 0.05/√1000 = 1.58e-3.
        Check(RateSchedule.InverseRootLra(1000), (0, 0), (500, 0.0158113883), (1000, 0.0316227766), (4000, 0.0158113883));

    [Fact]
    public void The_arenas_cosine_starts_again_after_each_cycle() =>
        Check(RateSchedule.CosineCyclesLra(warmup: 10, cycle: 100), (0, 0), (5, 0.5), (10, 1), (35, 0.853553391), (60, 0.5), (109, 0.000246720), (110, 1), (160, 0.5));

    [Fact]
    public void Inverse_root_falls_with_the_root_of_the_step() =>
        Check(RateSchedule.InverseRoot(warmup: 4000, start: 1e-4), (0, 1e-4), (2000, 0.50005), (4000, 1), (16_000, 0.5));

    [Fact]
    public void Polynomial_reaches_its_end_and_stays_there() =>
        Check(RateSchedule.Polynomial(total: 110, warmup: 10, power: 2, end: 0.1), (0, 0), (5, 0.5), (10, 1), (60, 0.325), (110, 0.1), (200, 0.1));

    [Fact]
    public void Informers_rate_halves_from_its_third_epoch() =>
        Check(RateSchedule.HalvingEveryEpoch(10), (0, 1), (9, 1), (10, 1), (19, 1), (20, 0.5), (29, 0.5), (30, 0.25), (59, 0.0625));

    [Fact]
    public void Step_decay_is_constant_within_an_epoch_and_has_a_floor() =>
        Check(RateSchedule.StepDecay(stepsPerEpoch: 10, decay: 0.9, every: 21, floor: 0.02), (0, 1), (9, 1), (10, 0.994995396), (210, 0.9), (219, 0.9), (1_000_000, 0.02));

    private static void Check(RateSchedule schedule, params (long Step, double Factor)[] expected) =>
        Assert.All(expected, point => Assert.Equal(point.Factor, schedule.Factor(point.Step), 1e-8));
}
