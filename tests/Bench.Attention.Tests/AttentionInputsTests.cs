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
