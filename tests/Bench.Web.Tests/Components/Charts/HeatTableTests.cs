using Bench.Web.Components.Charts;
using Bunit;

namespace Bench.Web.Tests.Components.Charts;

public sealed class HeatTableTests : BunitContext
{
    [Theory]
    [InlineData(0.0, 0)]
    [InlineData(0.1, 0)]
    [InlineData(0.55, 4)]
    [InlineData(0.999, 8)]
    [InlineData(1.0, 8)]
    public void Colour_steps_run_from_guessing_to_the_best_possible(double value, int step) =>
        Assert.Equal(step, new HeatScale(0.1, 1).Step(value));

    [Fact]
    public void Every_coloured_cell_carries_its_number_and_every_empty_one_its_reason()
    {
        var table = Render<HeatTable>(p => p
            .Add(t => t.Caption, "Accuracy")
            .Add(t => t.Columns, ["64 / 4", "128 / 8"])
            .Add(t => t.Rows, [new HeatRow("gla/fused", "/mechanisms/gla", [
                new HeatCell { Value = 0.982, Spread = "±1.0", IsBest = true, Href = "/runs/run_1", Detail = "n = 5" },
                new HeatCell { Glyph = "n/s", Words = "not supported" }])]));

        var cell = table.Find("td.cell");
        Assert.Equal("98.2 ±1.0", cell.TextContent.Trim());
        Assert.Contains("s8", cell.ClassList);
        Assert.Contains("best", cell.ClassList);
        Assert.Equal("not supported", table.Find("td.none abbr").GetAttribute("title"));
    }
}
