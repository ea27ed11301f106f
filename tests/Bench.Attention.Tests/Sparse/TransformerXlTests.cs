using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Sparse;

public sealed class TransformerXlTests
{
    private static readonly Dictionary<string, string> Options = new() { ["segment"] = "4", ["memoryLength"] = "6" };

    [Theory]
    [InlineData("transformer-xl/masked")]
    [InlineData("transformer-xl/segmented")]
    public void In_training_no_gradient_reaches_an_earlier_segment(string id)
    {
        using var scope = NewDisposeScope();
        var x = randn(2, 12, 16).requires_grad_(true);
        var layer = Build(id);
        layer.train();
        layer.forward(new LayerInputs(x)).narrow(1, 8, 4).sum().backward();
        Assert.Equal(0, x.grad!.narrow(1, 0, 8).abs().max().item<float>());
        Assert.True(x.grad.narrow(1, 8, 4).abs().min().item<float>() > 0, "The segment itself must be reached.");

        x.grad.zero_();
        layer.eval();
        layer.forward(new LayerInputs(x)).narrow(1, 8, 4).sum().backward();
        Assert.True(x.grad.narrow(1, 2, 6).abs().max().item<float>() > 0, "In evaluation mode the memory is part of the function.");
        Assert.Equal(0, x.grad.narrow(1, 0, 2).abs().max().item<float>());
    }

    [Fact]
    public void Both_forms_train_alike()
    {
        using var scope = NewDisposeScope();
        var (x, y) = (randn(2, 11, 16), randn(2, 11, 16));
        var gradients = new List<Tensor>();
        foreach (var id in new[] { "transformer-xl/masked", "transformer-xl/segmented" })
        {
            manual_seed(3);
            var layer = Build(id);
            layer.train();
            (layer.forward(new LayerInputs(x)) * y).sum().backward();
            gradients.AddRange(layer.parameters().Select(parameter => parameter.grad!));
        }

        var half = gradients.Count / 2;
        for (var i = 0; i < half; i++)
        {
            Laws.Law.Near(gradients[i], gradients[half + i], 1e-5, $"Gradient of parameter {i}");
        }
    }

    [Theory]
    [InlineData("transformer-xl/masked")]
    [InlineData("transformer-xl/segmented")]
    public void A_memory_continues_the_sequence(string id)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var x = randn(2, 15, 16);
        var layer = Build(id);
        layer.eval();
        var rest = new LayerInputs(x.narrow(1, 8, 7)) { Named = new Dictionary<string, Tensor> { ["memory"] = x.narrow(1, 2, 6) } };
        Laws.Law.Near(layer.forward(new LayerInputs(x)).narrow(1, 8, 7), layer.forward(rest), 1e-5, "The rest");
    }

    private static AttentionLayer Build(string id) =>
        AttentionCatalogue.CreateLayer(id, new AttentionSettings(AttentionPattern.CausalSelf, 2, 8), Options);
}
