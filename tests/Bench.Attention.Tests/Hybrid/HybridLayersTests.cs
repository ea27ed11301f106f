using Bench.Attention.Hybrid;
using Bench.Attention.Tests.Laws;
using Bench.Domain.Matrix;
using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Hybrid;

public sealed class HybridLayersTests
{
    private static readonly AttentionSettings Settings = new(AttentionPattern.CausalSelf, 2, 8);

    private static AttentionLayer Build(AttentionSettings settings, string layout, string placement = "interleaved") =>
        AttentionCatalogue.CreateLayer("hybrid/layers", settings, new Dictionary<string, string> { ["layout"] = layout, ["placement"] = placement });

    [Fact]
    public void In_a_deep_model_each_layer_is_the_one_at_its_place()
    {
        var kinds = Enumerable.Range(0, 4).Select(i => ((HybridLayers)Build(Settings with { Layer = i, Depth = 4 }, "gla:3,softmax:1")).Layers.Single().GetType().Name);

        Assert.Equal(["GatedLinearAttentionLayer", "GatedLinearAttentionLayer", "GatedLinearAttentionLayer", "ProjectedAttention"], kinds);
    }

    [Fact]
    public void A_layer_at_its_place_equals_that_layer_alone()
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        var hybrid = Build(Settings with { Layer = 3, Depth = 4 }, "gla:3,softmax/naive:1");
        manual_seed(4);
        var alone = AttentionCatalogue.CreateLayer("softmax/naive", Settings);
        var x = randn(2, 9, 16);

        Law.Near(alone.forward(new LayerInputs(x)), hybrid.forward(new LayerInputs(x)), 0, "The softmax layer");
    }

    [Fact]
    public void A_single_layer_is_the_residual_stack_of_a_period()
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        var hybrid = (HybridLayers)Build(Settings, "gla:1,softmax/naive:1");
        var x = randn(2, 9, 16);
        var layers = hybrid.Layers.ToList();
        Tensor Norm(Tensor y) => nn.functional.layer_norm(y, [16]);

        var first = x + layers[0].forward(new LayerInputs(Norm(x)));
        var second = first + layers[1].forward(new LayerInputs(Norm(first)));

        Law.Near(second - x, hybrid.forward(new LayerInputs(x)), 1e-5, "What the stack adds");
    }

    [Fact]
    public void The_state_is_the_sum_of_the_layers_states()
    {
        var shape = AttentionShape.Square(AttentionPattern.CausalSelf, 1, 2, 100, 8);
        // Three matrices of 8 × 8 for each of two heads, and keys and values of 100 tokens.
        Assert.Equal((3 * 2 * 8 * 8) + (100 * 2 * 16), Build(Settings, "gla:3,softmax:1").StateSize(shape));
        // Feed-forward layers keep nothing.
        Assert.Equal(100 * 2 * 16, Build(Settings, "mlp:1,softmax:1").StateSize(shape));
    }

    [Fact]
    public void A_pattern_that_a_layer_does_not_support_is_refused_by_name()
    {
        var mistake = Assert.Throws<ArgumentException>(() => Build(Settings with { Pattern = AttentionPattern.NoncausalSelf }, "mamba:1,softmax:1"));

        Assert.Contains("mamba/chunked", mistake.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gated-deltanet-h1")]
    [InlineData("gated-deltanet-h2")]
    [InlineData("kimi-linear")]
    [InlineData("minimax-01")]
    public void Published_hybrids_decode_what_their_full_pass_gives(string layout)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        manual_seed(4);
        var hybrid = Build(Settings, layout);
        hybrid.to(ScalarType.Float64);
        var x = randn(2, 21, 16, dtype: ScalarType.Float64);
        var expected = hybrid.forward(new LayerInputs(x));

        var (output, state) = hybrid.Prefill(new LayerInputs(x.narrow(1, 0, 6)));
        var parts = new List<Tensor> { output };
        for (var i = 6; i < 21; i++)
        {
            parts.Add(hybrid.Step(new LayerInputs(x.narrow(1, i, 1)), state));
        }

        Law.Near(expected, cat(parts, 1), 1e-9, layout);
        state.Dispose();
    }
}
