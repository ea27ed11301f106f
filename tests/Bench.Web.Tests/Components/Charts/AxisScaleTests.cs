using Bench.Web.Components.Charts;

namespace Bench.Web.Tests.Components.Charts;

public sealed class AxisScaleTests
{
    [Fact]
    public void Equal_ratios_are_equally_far_apart_on_a_logarithmic_axis()
    {
        var scale = AxisScale.Fit(AxisKind.Log2, [256, 8192], from: 0, to: 500, padding: 0);

        Assert.Equal([0, 100, 200, 300, 400, 500], new double[] { 256, 512, 1024, 2048, 4096, 8192 }.Select(length => Math.Round(scale.Map(length), 9)));
    }

    [Fact]
    public void Length_ticks_stand_at_powers_of_two_with_k_for_1024()
    {
        var scale = AxisScale.Fit(AxisKind.Log2, [256, 65536], from: 0, to: 900);

        Assert.Equal(["256", "512", "1k", "2k", "4k", "8k", "16k", "32k", "64k"], scale.Ticks().Where(tick => !tick.IsMinor).Select(tick => tick.Label));
    }

    [Fact]
    public void Decimal_ticks_have_unlabelled_neighbours_at_two_and_five()
    {
        var scale = AxisScale.Fit(AxisKind.Log10, [0.1, 100], from: 500, to: 0, padding: 0);

        Assert.Equal(["0.1", "", "", "1", "", "", "10", "", "", "100"], scale.Ticks().Select(tick => tick.Label));
        Assert.Equal([0.2, 0.5, 2, 5, 20, 50], scale.Ticks().Where(tick => tick.IsMinor).Select(tick => Math.Round(tick.Value, 9)));
    }

    [Fact]
    public void A_range_inside_one_decade_still_has_labelled_ticks()
    {
        var scale = AxisScale.Fit(AxisKind.Log10, [1.5, 6], from: 500, to: 0);

        Assert.Equal(["2", "5"], scale.Ticks().Where(tick => !tick.IsMinor).Select(tick => tick.Label));
    }

    [Fact]
    public void A_single_value_gets_room_on_both_sides()
    {
        var scale = AxisScale.Fit(AxisKind.Log10, [7], from: 100, to: 0);

        Assert.Equal(50, scale.Map(7), 6);
        Assert.True(scale.Min < 7 && scale.Max > 7);
    }

    [Fact]
    public void A_logarithmic_axis_refuses_zero_in_words()
    {
        var error = Assert.Throws<ArgumentException>(() => AxisScale.Fit(AxisKind.Log10, [0, 1], 0, 1));

        Assert.Contains("cannot show 0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Linear_ticks_are_round_numbers()
    {
        var scale = AxisScale.Fit(AxisKind.Linear, [0, 1], from: 0, to: 100, padding: 0);

        Assert.Equal(["0", "0.2", "0.4", "0.6", "0.8", "1"], scale.Ticks(5).Select(tick => tick.Label));
    }
}
