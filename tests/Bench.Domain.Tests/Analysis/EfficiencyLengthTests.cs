using Bench.Domain.Analysis;
using Bench.Domain.Randomness;
using CsCheck;

namespace Bench.Domain.Tests.Analysis;

public sealed class EfficiencyLengthTests
{
    private static readonly int[] Lengths = [256, 512, 1024, 2048, 4096, 8192];
    private static readonly CostCurve VanillaTime = Curve("vanilla", 0.472, 0.628, 0.721, 0.981, 3.670, 18.437);
    private static readonly CostCurve AbcTime = Curve("ABC", 0.648, 0.590, 0.602, 0.910, 1.006, 1.509);
    private static readonly CostCurve VanillaMemory = Curve("vanilla", 81, 265, 952, 3604, 14020, 55300);
    private static readonly CostCurve AbcMemory = Curve("ABC", 42, 80, 156, 308, 612, 1220);

    [Fact]
    public void Cab_protocol_reproduces_the_published_time_of_ABC()
    {
        var length = CabEfficiencyLength.Of(VanillaTime, AbcTime, CostQuantity.Time, 1);

        Assert.Equal(1877.258438, length.Value!.Value, 1e-4);
        Assert.Equal(473.600450, length.Crossings[0], 1e-4);
        Assert.False(length.IsExtrapolated);
        Assert.Null(length.Interval);
    }

    [Fact]
    public void Cab_protocol_reproduces_the_published_memory_of_ABC()
    {
        var length = CabEfficiencyLength.Of(VanillaMemory, AbcMemory, CostQuantity.Memory, 1);

        Assert.Equal(69.506641, length.Value!.Value, 1e-4);
        Assert.Equal(-2.287115, length.Crossings[0], 1e-4);
        Assert.Equal(1, length.RSquared!.Value, 1e-9);
        Assert.True(length.IsExtrapolated);
    }

    [Fact]
    public void Cab_protocol_would_give_1906_if_the_first_length_of_time_counted() =>
        Assert.Equal(1906, CabEfficiencyLength.Of(VanillaTime, AbcTime, CostQuantity.Memory, 1).Value!.Value, 0.5);

    [Fact]
    public void Cab_protocol_gives_none_where_the_parabola_opens_downwards()
    {
        var length = CabEfficiencyLength.Of(Curve("vanilla", 1, 4, 6, 7, 7.5, 7.6), AbcTime, CostQuantity.Time, 1);

        Assert.Null(length.Value);
        Assert.Equal("none", length.Text);
        Assert.NotNull(length.Note);
    }

    [Fact]
    public void Measured_protocol_finds_where_the_measured_curves_of_ABC_cross()
    {
        var length = MeasuredEfficiencyLength.Of(VanillaTime, AbcTime, 1);

        Assert.Equal(456.8107, length.Value!.Value, 1e-3);
        Assert.Equal(Censoring.None, length.Censoring);
        Assert.Single(length.Crossings);
    }

    [Fact]
    public void Cheaper_everywhere_is_below_the_range()
    {
        var length = MeasuredEfficiencyLength.Of(VanillaMemory, AbcMemory, 1);

        Assert.Null(length.Value);
        Assert.Equal("< 256", length.Text);
    }

    [Fact]
    public void Never_cheaper_is_above_the_range()
    {
        var length = MeasuredEfficiencyLength.Of(AbcMemory, VanillaMemory, 1);

        Assert.Equal(Censoring.AboveRange, length.Censoring);
        Assert.Equal("> 8192", length.Text);
    }

    [Fact]
    public void Last_of_several_crossings_counts_and_all_are_listed()
    {
        var length = MeasuredEfficiencyLength.Of(Curve("vanilla", 1, 1, 1, 1, 1, 1), Curve("x", 2, 0.5, 2, 0.5, 0.5, 0.5), 1);

        Assert.Equal(3, length.Crossings.Count);
        Assert.Equal(Math.Sqrt(1024.0 * 2048), length.Value!.Value, 1e-6);
    }

    [Fact]
    public void Falling_back_above_the_baseline_at_the_end_is_no_efficiency_length()
    {
        var length = MeasuredEfficiencyLength.Of(Curve("vanilla", 1, 1, 1, 1, 1, 1), Curve("x", 2, 0.5, 0.5, 0.5, 0.5, 2), 1);

        Assert.Equal(Censoring.AboveRange, length.Censoring);
        Assert.Equal(2, length.Crossings.Count);
    }

    [Fact]
    public void Baseline_out_of_memory_brackets_the_crossing()
    {
        var vanilla = new CostCurve("vanilla", [CostPoint.Of(256, 1), CostPoint.Of(512, 2), CostPoint.Failed(1024, CostOutcome.OutOfMemory)]);
        var method = new CostCurve("x", [CostPoint.Of(256, 2), CostPoint.Of(512, 3), CostPoint.Of(1024, 4)]);

        var length = MeasuredEfficiencyLength.Of(vanilla, method, 1);

        Assert.Equal(Censoring.BetweenLengths, length.Censoring);
        Assert.Equal(new Interval(512, 1024), length.Interval);
    }

    [Fact]
    public void Lengths_at_which_both_fail_do_not_count()
    {
        var vanilla = new CostCurve("vanilla", [CostPoint.Of(256, 1), CostPoint.Of(512, 4), CostPoint.Failed(1024, CostOutcome.OutOfMemory)]);
        var method = new CostCurve("x", [CostPoint.Of(256, 2), CostPoint.Of(512, 2), CostPoint.Failed(1024, CostOutcome.TimedOut)]);

        var length = MeasuredEfficiencyLength.Of(vanilla, method, 1);

        Assert.Equal((256, 512), length.Range);
        Assert.Equal(Censoring.None, length.Censoring);
    }

    [Fact]
    public void Lengths_do_not_depend_on_the_unit_of_cost() =>
        Gen.Select(Gen.Double[0.1, 10].Array[6], Gen.Double[0.1, 10].Array[6], Gen.Double[0.001, 1000]).Sample((a, b, unit) =>
        {
            var before = MeasuredEfficiencyLength.Of(Curve("v", a), Curve("x", b), 1);
            var after = MeasuredEfficiencyLength.Of(Curve("v", [.. a.Select(t => t * unit)]), Curve("x", [.. b.Select(t => t * unit)]), 1);
            var (cab, scaled) = (CabEfficiencyLength.Of(Curve("v", a), Curve("x", b), CostQuantity.Time, 1),
                CabEfficiencyLength.Of(Curve("v", [.. a.Select(t => t * unit)]), Curve("x", [.. b.Select(t => t * unit)]), CostQuantity.Time, 1));

            Assert.Equal(before.Censoring, after.Censoring);
            Assert.Equal(before.Value ?? 0, after.Value ?? 0, 1e-6 * (before.Value ?? 1));
            Assert.Equal(cab.Value ?? 0, scaled.Value ?? 0, 1e-5 * Math.Max(1, Math.Abs(cab.Value ?? 1)));
        });

    [Fact]
    public void Making_the_method_dearer_never_shortens_the_measured_length() =>
        Gen.Select(Gen.Double[1, 1.5], Gen.Double[0.5, 2]).Sample((dearer, level) =>
        {
            double[] vanilla = [.. Lengths.Select(n => 1e-6 * n * n)], method = [.. Lengths.Select(n => level * 1e-3 * n)];

            Assert.True(Position(vanilla, [.. method.Select(t => t * dearer)]) >= Position(vanilla, method));
        });

    [Fact]
    public void Interval_covers_the_true_crossing_in_about_95_of_100_cases()
    {
        var random = new CounterRandom(41);
        // Exactly n² against 1000·n: they cross at 1000, between two measured lengths, and interpolation in log-log space is exact.
        var covered = Enumerable.Range(0, 300).Count(i =>
        {
            CostCurve Noisy(string name, Func<int, double> cost) => new(name, Lengths.Select(n =>
                CostPoint.Of(n, [.. Enumerable.Range(0, 25).Select(_ => cost(n) * Math.Exp(0.1 * random.NextNormal()))])));
            return MeasuredEfficiencyLength.Of(Noisy("v", n => (double)n * n), Noisy("x", n => 1000.0 * n), i, resamples: 300).Interval!.Value.Contains(1000);
        });

        Assert.InRange(covered / 300.0, 0.90, 0.99);
    }

    [Fact]
    public void Interval_at_the_edge_of_the_range_is_marked()
    {
        double[] level = [0.9, 1.1, 0.95, 1.05, 1.0];
        var vanilla = new CostCurve("v", Lengths.Select(n => CostPoint.Of(n, [.. level.Select(f => f * n * n)])));
        var method = new CostCurve("x", Lengths.Select(n => CostPoint.Of(n, [.. level.Select(f => f * 262.0 * n)])));

        var length = MeasuredEfficiencyLength.Of(vanilla, method, 1);

        Assert.True(length.IntervalTouchesEdge);
        Assert.Equal(256, length.Interval!.Value.Lower);
    }

    [Fact]
    public void Cab_interval_comes_from_repetitions()
    {
        var random = new CounterRandom(42);
        CostCurve Repeated(CostCurve curve) => new(curve.Implementation, curve.Points.Select(point =>
            CostPoint.Of(point.Length, [.. Enumerable.Range(0, 20).Select(_ => point.Median * Math.Exp(0.02 * random.NextNormal()))])));

        var length = CabEfficiencyLength.Of(Repeated(VanillaTime), Repeated(AbcTime), CostQuantity.Time, 1, 500);

        Assert.True(length.Interval!.Value.Contains(length.Value!.Value));
        Assert.InRange(length.Value!.Value, 1700, 2050);
    }

    private static double Position(double[] vanilla, double[] method)
    {
        var length = MeasuredEfficiencyLength.Of(Curve("v", vanilla), Curve("x", method), 1);
        return length.Censoring switch
        {
            Censoring.BelowRange => 0,
            Censoring.AboveRange => double.PositiveInfinity,
            _ => length.Value!.Value,
        };
    }

    private static CostCurve Curve(string name, params double[] costs) => new(name, Lengths.Zip(costs, (n, cost) => CostPoint.Of(n, cost)));
}
