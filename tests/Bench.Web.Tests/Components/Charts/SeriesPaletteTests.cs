using Bench.Web.Components.Charts;

namespace Bench.Web.Tests.Components.Charts;

public sealed class SeriesPaletteTests
{
    private static readonly string[] Catalogue =
        [.. Enumerable.Range(0, 50).SelectMany(number => new[] { $"mechanism-{number}/naive", $"mechanism-{number}/fused" })];

    [Fact]
    public void The_baseline_alone_has_the_ink_colour()
    {
        var palette = new SeriesPalette([.. Catalogue, "softmax/naive"], "softmax/fused");

        Assert.Equal(new SeriesStyle(0, MarkerShape.Circle, 0), palette.Of("softmax/fused"));
        Assert.All(Catalogue, id => Assert.NotEqual(0, palette.Of(id).Colour));
    }

    [Fact]
    public void Fifty_mechanisms_look_different_from_each_other()
    {
        var palette = new SeriesPalette(Catalogue, "softmax/fused");

        Assert.Equal(100, Catalogue.Select(palette.Of).Distinct().Count());
        Assert.Equal(50, Catalogue.Select(palette.Of).Select(style => (style.Colour, style.Shape)).Distinct().Count());
    }

    [Fact]
    public void Implementations_of_one_mechanism_share_colour_and_shape_and_differ_in_dash()
    {
        var palette = new SeriesPalette(Catalogue, "softmax/fused");
        var (naive, fused) = (palette.Of("mechanism-7/naive"), palette.Of("mechanism-7/fused"));

        Assert.Equal((naive.Colour, naive.Shape), (fused.Colour, fused.Shape));
        Assert.NotEqual(naive.Dash, fused.Dash);
    }

    [Fact]
    public void A_new_mechanism_at_the_end_moves_no_old_one()
    {
        var before = new SeriesPalette(Catalogue, "softmax/fused");
        var after = new SeriesPalette([.. Catalogue, "newcomer/naive"], "softmax/fused");

        Assert.Equal(Catalogue.Select(before.Of), Catalogue.Select(after.Of));
    }

    [Fact]
    public void Seven_mechanisms_have_seven_colours()
    {
        var palette = new SeriesPalette(Catalogue[..14], "softmax/fused");

        Assert.Equal(7, Catalogue[..14].Select(id => palette.Of(id).Colour).Distinct().Count());
    }
}
