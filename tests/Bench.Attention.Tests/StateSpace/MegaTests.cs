using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.StateSpace;

public sealed class MegaTests
{
    public static MatrixTheoryData<string, string, AttentionPattern> Variants() =>
        new(["softmax", "laplace", "squared-relu"], ["0", "5"], [AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf]);

    [Theory, MemberData(nameof(Variants))]
    public void Both_averages_agree_for_every_activation_and_chunk(string activation, string chunk, AttentionPattern pattern)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var (x, mask) = (randn(2, 13, 16), ones([2, 13], ScalarType.Bool));
        mask[1, 9..] = false;
        var outputs = new[] { "mega/recurrent", "mega/fft" }.Select(id =>
        {
            manual_seed(3);
            return Build(id, pattern, activation, chunk).forward(new LayerInputs(x) { KeyMask = mask });
        }).ToList();
        Laws.Law.Near(outputs[0], outputs[1], 1e-5, "The averages");
    }

    [Theory]
    [InlineData("softmax", "0")]
    [InlineData("laplace", "5")]
    [InlineData("squared-relu", "5")]
    public void Every_variant_decodes_as_it_passes(string activation, string chunk)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var x = randn(2, 13, 16);
        var layer = Build("mega/fft", AttentionPattern.CausalSelf, activation, chunk);
        var (output, state) = layer.Prefill(new LayerInputs(x.narrow(1, 0, 3)));
        var steps = Enumerable.Range(3, 10).Select(i => layer.Step(new LayerInputs(x.narrow(1, i, 1)), state)).ToList();
        Laws.Law.Near(layer.forward(new LayerInputs(x)), cat([output, .. steps], 1), 1e-5, "Prefill and steps");
        state.Dispose();
    }

    [Fact]
    public void Chunks_know_of_each_other_by_the_moving_average_alone()
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var layer = Build("mega/fft", AttentionPattern.CausalSelf, "softmax", "5");
        var x = randn(1, 10, 16);
        var other = x.clone();
        other[.., 0] = randn(16);
        double Moved() => Laws.Law.Distance(layer.forward(new LayerInputs(x)).narrow(1, 5, 5), layer.forward(new LayerInputs(other)).narrow(1, 5, 5));

        Assert.True(Moved() > 1e-7, "The average must carry the first token into the second chunk.");
        layer.get_parameter("move.gamma")!.zero_();
        Assert.Equal(0, Moved());
    }

    private static AttentionLayer Build(string id, AttentionPattern pattern, string activation, string chunk)
    {
        var layer = AttentionCatalogue.CreateLayer(
            id, new AttentionSettings(pattern, 2, 8) { MaxLength = 32 }, new Dictionary<string, string> { ["activation"] = activation, ["chunk"] = chunk });
        layer.eval();
        return layer;
    }
}
