using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Tests;

public sealed class AttentionInputsTests
{
    [Fact]
    public void The_same_seed_draws_the_same_inputs_whatever_torch_was_seeded_with()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var first = Draw(7);
        manual_seed(2);
        Assert.True(first.Query.equal(Draw(7).Query).all().item<bool>());
        Assert.False(first.Query.equal(Draw(8).Query).all().item<bool>());
    }

    [Fact]
    public void Inputs_have_the_sizes_of_the_shape()
    {
        using var scope = NewDisposeScope();
        var drawn = Draw(7);
        Assert.Equal([2, 4, 5, 8], drawn.Query.shape);
        Assert.Equal([2, 2, 9, 8], drawn.Key.shape);
        Assert.Equal([2, 2, 9, 6], drawn.Value.shape);
    }

    [Fact]
    public void A_missing_input_is_named_with_those_that_are_there()
    {
        using var scope = NewDisposeScope();
        var inputs = Draw(7) with { Named = new Dictionary<string, Tensor> { ["beta"] = zeros(1) } };
        var mistake = Assert.Throws<ArgumentException>(() => inputs.Required("g"));
        Assert.Equal("Input 'g' is missing; given are beta.", mistake.Message);
    }

    [Theory]
    [InlineData("gla/recurrent", "g", double.NegativeInfinity, 0)]
    [InlineData("rwkv7/recurrent", "w", double.NegativeInfinity, -0.5)]
    [InlineData("rwkv7/recurrent", "iclr", 0, 1)]
    [InlineData("deltanet/recurrent", "beta", 0, 1)]
    public void An_input_is_drawn_from_the_values_that_it_may_take(string implementation, string name, double least, double most)
    {
        using var scope = NewDisposeScope();
        using var attention = AttentionCatalogue.CreateOperator(implementation, new AttentionSettings(AttentionPattern.CausalSelf, 4, 8));
        var drawn = AttentionInputs.Draw(attention, AttentionShape.Square(AttentionPattern.CausalSelf, 2, 4, 64, 8), 7, ScalarType.Float32, CPU).Required(name);
        Assert.InRange(drawn.min().item<float>(), least, most);
        Assert.InRange(drawn.max().item<float>(), least, most);
        Assert.NotEqual(drawn.min().item<float>(), drawn.max().item<float>());
    }

    [Fact]
    public void An_unknown_axis_is_refused()
    {
        var spec = new InputSpec("g", "B H Q", InputKind.Normal);
        Assert.Contains("'Q'", Assert.Throws<ArgumentException>(() => spec.Sizes(Shape, 2)).Message, StringComparison.Ordinal);
    }

    private static AttentionShape Shape { get; } = new(AttentionPattern.CausalCross, 2, 4, 5, 9, 8, 6);

    private static AttentionInputs Draw(int seed)
    {
        using var attention = AttentionCatalogue.CreateOperator(
            "softmax/naive", new AttentionSettings(AttentionPattern.CausalCross, 4, 8) { ValueSize = 6, KeyValueHeads = 2 });
        return AttentionInputs.Draw(attention, Shape, seed, ScalarType.Float32, CPU);
    }
}
