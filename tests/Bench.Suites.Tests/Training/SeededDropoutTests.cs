using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Tests.Training;

public sealed class SeededDropoutTests
{
    [Fact]
    public void The_share_of_dropped_elements_is_the_probability_and_the_mean_stays()
    {
        using var scope = NewDisposeScope();
        var dropout = new SeededDropout(0.1);
        dropout.train();
        dropout.Reseed(7);

        var output = dropout.forward(ones(1000, 1000));

        // Five standard deviations of a share of a million draws.
        Assert.Equal(0.1, output.eq(0).to(ScalarType.Float64).mean().item<double>(), tolerance: 5 * Math.Sqrt(0.09 / 1e6));
        Assert.Equal(1 / 0.9, output.max().item<float>(), tolerance: 1e-6);
    }

    [Fact]
    public void Equal_seeds_drop_the_same_elements_and_later_calls_others()
    {
        using var scope = NewDisposeScope();
        var dropout = new SeededDropout(0.5);
        dropout.train();
        var input = ones(7, 9);

        dropout.Reseed(1);
        var (first, second) = (dropout.forward(input), dropout.forward(input));
        dropout.Reseed(1);
        var again = dropout.forward(input);
        dropout.Reseed(2);
        var other = dropout.forward(input);

        Assert.True(first.Equals(again));
        Assert.False(first.Equals(second));
        Assert.False(first.Equals(other));
    }

    [Fact]
    public void Evaluation_drops_nothing()
    {
        using var scope = NewDisposeScope();
        var dropout = new SeededDropout(0.5);
        dropout.eval();
        var input = randn(4, 5);

        Assert.True(input.Equals(dropout.forward(input)));
    }
}
