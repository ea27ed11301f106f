using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Layers;

public sealed class ProjectedAttentionTests
{
    [Fact]
    public void It_equals_torch_s_own_multi_head_attention_with_the_same_weights()
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var layer = Build(AttentionPattern.NoncausalSelf);
        var theirs = nn.MultiheadAttention(32, 4, bias: true);
        var (own, other) = (layer.state_dict(), theirs.state_dict());
        other["in_proj_weight"].copy_(cat([own["q_proj.weight"], own["k_proj.weight"], own["v_proj.weight"]]));
        other["in_proj_bias"].copy_(cat([own["q_proj.bias"], own["k_proj.bias"], own["v_proj.bias"]]));
        other["out_proj.weight"].copy_(own["out_proj.weight"]);
        other["out_proj.bias"].copy_(own["out_proj.bias"]);
        theirs.eval();

        var x = randn(2, 11, 32);
        var expected = theirs.call(x.transpose(0, 1), x.transpose(0, 1), x.transpose(0, 1), null, false, null).Item1.transpose(0, 1);
        Laws.Law.Near(expected, layer.forward(new LayerInputs(x)), 1e-5, "The layer");
    }

    [Fact]
    public void Projections_start_with_zero_bias_inside_the_xavier_bound()
    {
        using var layer = Build(AttentionPattern.CausalSelf);
        var weights = layer.state_dict();
        Assert.Equal(0, Laws.Law.Scale(weights["q_proj.bias"]));
        var bound = Math.Sqrt(6.0 / 64);
        Assert.InRange(Laws.Law.Scale(weights["q_proj.weight"]), 0.6 * bound, bound * Math.Sqrt(0.5) + 1e-6);
        Assert.InRange(Laws.Law.Scale(weights["out_proj.weight"]), 0.9 * bound, bound + 1e-6);
    }

    [Fact]
    public void A_cross_pattern_without_a_source_is_refused()
    {
        using var scope = NewDisposeScope();
        using var layer = Build(AttentionPattern.CausalCross);
        var mistake = Assert.Throws<ArgumentException>(() => layer.forward(new LayerInputs(randn(1, 3, 32))));
        Assert.Contains("Context", mistake.Message, StringComparison.Ordinal);
    }

    private static AttentionLayer Build(AttentionPattern pattern)
    {
        manual_seed(1);
        return AttentionCatalogue.CreateLayer("softmax/naive", new AttentionSettings(pattern, 4, 8));
    }
}
