using Bench.Attention.Tests.Laws;
using Bench.Domain.Matrix;
using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Recurrent;

public sealed class Rwkv4Tests
{
    [Fact]
    public void The_weighted_mean_equals_the_two_sums_of_the_paper()
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        manual_seed(5);
        var layer = AttentionCatalogue.CreateLayer("rwkv4/chunked", new AttentionSettings(AttentionPattern.CausalSelf, 2, 4), new Dictionary<string, string> { ["chunk"] = "4" });
        layer.to(ScalarType.Float64);
        var x = randn(2, 13, 8, dtype: ScalarType.Float64);
        Tensor P(string name) => layer.get_parameter(name)!;
        Tensor W(string name) => P(name + ".weight");
        var shifted = nn.functional.pad(x, [0, 0, 1, 0]).narrow(1, 0, 13);
        Tensor Mixed(string name) => (x * P(name)) + (shifted * (1 - P(name)));
        var (k, v) = (Mixed("time_mix_k").matmul(W("key").t()), Mixed("time_mix_v").matmul(W("value").t()));
        var (w, u) = (P("time_decay").exp(), P("time_first"));
        var rows = new List<Tensor>();
        for (var t = 0; t < 13; t++)
        {
            var own = (u + k.select(1, t)).exp();
            var (over, under) = (own * v.select(1, t), own);
            for (var i = 0; i < t; i++)
            {
                var weight = (k.select(1, i) - ((t - 1 - i) * w)).exp();
                (over, under) = (over + (weight * v.select(1, i)), under + weight);
            }

            rows.Add(over / under);
        }

        var expected = (Mixed("time_mix_r").matmul(W("receptance").t()).sigmoid() * stack(rows, 1)).matmul(W("output").t());

        Law.Near(expected, layer.forward(new LayerInputs(x)), 1e-10, "RWKV-4");
    }

    [Fact]
    public void Keys_of_any_size_stay_finite()
    {
        using var scope = NewDisposeScope();
        var layer = AttentionCatalogue.CreateLayer("rwkv4/chunked", new AttentionSettings(AttentionPattern.CausalSelf, 2, 4));

        Assert.True(layer.forward(new LayerInputs(randn(1, 300, 8) * 1000)).isfinite().all().item<bool>());
    }
}
