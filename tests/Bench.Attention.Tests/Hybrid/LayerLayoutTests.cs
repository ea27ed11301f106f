using Bench.Attention.Hybrid;

namespace Bench.Attention.Tests.Hybrid;

public sealed class LayerLayoutTests
{
    private static string Short(IEnumerable<string> ids) => string.Concat(ids.Select(id => id[0]));

    [Fact]
    public void The_layout_of_minimax_puts_softmax_into_every_eighth_layer()
    {
        var layers = LayerLayout.Parse("minimax-01").Expand(80, LayerPlacement.Interleaved);

        Assert.Equal(10, layers.Count(id => id == "softmax/sdpa"));
        Assert.All(Enumerable.Range(0, 80), i => Assert.Equal(i % 8 == 7 ? "softmax/sdpa" : "lightning-attention/fused", layers[i]));
    }

    [Fact]
    public void The_mamba_hybrid_has_24_4_and_28_of_56_layers_with_attention_spread_evenly()
    {
        var layers = LayerLayout.Parse("mamba2-hybrid").Expand(56, LayerPlacement.Even);

        Assert.Equal((24, 4, 28), (layers.Count(id => id == "mamba2-ssd/fused"), layers.Count(id => id == "softmax/sdpa"), layers.Count(id => id == "mlp")));
        var places = layers.Select((id, i) => (id, i)).Where(pair => pair.id == "softmax/sdpa").Select(pair => pair.i).ToList();
        Assert.All(places.Zip(places.Skip(1), (a, b) => b - a), gap => Assert.InRange(gap, 13, 15));
    }

    [Theory]
    [InlineData(LayerPlacement.Interleaved, "lllslllsl")]
    [InlineData(LayerPlacement.First, "sslllllll")]
    [InlineData(LayerPlacement.Last, "lllllllss")]
    public void Placement_decides_where_the_last_named_kind_goes(LayerPlacement placement, string expected) =>
        Assert.Equal(expected, Short(LayerLayout.Parse("lightning-attention:3,softmax:1").Expand(9, placement)));

    [Theory]
    [InlineData(4)]
    [InlineData(10)]
    [InlineData(47)]
    public void Even_placement_keeps_every_prefix_within_a_layer_of_its_share(int depth)
    {
        var layout = LayerLayout.Parse("gla:5,deltanet:3,softmax:2");
        var layers = layout.Expand(depth, LayerPlacement.Even);
        foreach (var kind in layout.Kinds)
        {
            var all = layers.Count(id => id == kind.Implementation);
            Assert.InRange(all, Math.Floor((double)depth * kind.Weight / 10), Math.Ceiling((double)depth * kind.Weight / 10));
            for (var i = 1; i <= depth; i++)
            {
                Assert.InRange(layers.Take(i).Count(id => id == kind.Implementation) - ((double)all * i / depth), -1.0001, 1.0001);
            }
        }
    }

    [Theory]
    [InlineData("lightning:7,softmax:1", "lightning-attention/fused", "softmax/sdpa")]
    [InlineData("mamba:1,softmax/naive", "mamba/chunked", "softmax/naive")]
    public void A_name_stands_for_its_fastest_implementation_unless_it_says_which(string text, string first, string second) =>
        Assert.Equal([first, second], LayerLayout.Parse(text).Kinds.Select(kind => kind.Implementation));

    [Theory]
    [InlineData("", "''")]
    [InlineData("softmax:", "'' after 'softmax'")]
    [InlineData("softmax:0", "'0' after 'softmax'")]
    [InlineData("softmax:1:2", "'softmax:1:2'")]
    [InlineData("sofmax:1", "'sofmax'")]
    [InlineData("synthesizer:1", "synthesizer-dense or")]
    [InlineData("hybrid/layers:1", "'hybrid/layers'")]
    [InlineData("gla:2000,softmax:1", "2001 layers")]
    public void A_wrong_layout_is_refused_with_the_part_that_is_wrong(string text, string part) =>
        Assert.Contains(part, Assert.Throws<ArgumentException>(() => LayerLayout.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_stack_too_small_for_the_layout_is_refused_with_what_is_missing()
    {
        var mistake = Assert.Throws<ArgumentException>(() => LayerLayout.Parse("minimax-01").Expand(7, LayerPlacement.Interleaved));

        Assert.Contains("softmax/sdpa", mistake.Message, StringComparison.Ordinal);
        Assert.Contains("8 layers or more", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_published_layout_can_be_built_at_its_period()
    {
        foreach (var (name, _) in LayerLayout.Published)
        {
            var layout = LayerLayout.Parse(name);
            Assert.Equal(layout.Period, layout.Expand(layout.Period, LayerPlacement.Interleaved).Count);
        }
    }
}
