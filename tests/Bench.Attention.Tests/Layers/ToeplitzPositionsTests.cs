using Bench.Attention.Layers;
using Bench.Attention.Tests.Laws;
using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Layers;

public sealed class ToeplitzPositionsTests
{
    private static ToeplitzPositions Build(int channels, int axes)
    {
        manual_seed(2);
        var positions = new ToeplitzPositions(channels, axes, exponentials: 3);
        positions.to(ScalarType.Float64);
        return positions;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_transform_equals_the_recurrence_in_outputs_and_gradients(int axes)
    {
        using var scope = NewDisposeScope();
        var positions = Build(4, axes);
        long[] sizes = [2, .. new long[] { 5, 7, 3 }.Take(axes), 4];
        Tensor Gradient(Func<Tensor, Tensor> map, out Tensor output)
        {
            var x = randn(sizes, dtype: ScalarType.Float64, generator: new Generator(9)).requires_grad_(true);
            output = map(x);
            (output * Law.Cotangent(output)).sum().backward();
            return x.grad!;
        }

        var byTransform = Gradient(positions.forward, out var first);
        var byRecurrence = Gradient(positions.Recurrent, out var second);

        Law.Near(second, first, 1e-12, "Outputs");
        Law.Near(byRecurrence, byTransform, 1e-12, "Gradients");
    }

    [Fact]
    public void A_single_token_spreads_along_its_row_and_column_only_forward()
    {
        using var scope = NewDisposeScope();
        var positions = Build(1, 2);
        var x = zeros([1, 4, 4, 1], dtype: ScalarType.Float64);
        x[0, 1, 2, 0] = 1;

        var moved = (positions.forward(x) - x).squeeze().abs() > 1e-12;               // [4, 4]

        for (var i = 0; i < 4; i++)
        {
            for (var j = 0; j < 4; j++)
            {
                Assert.Equal((i == 1 && j >= 2) || (j == 2 && i >= 1), moved[i, j].item<bool>());
            }
        }
    }

    [Fact]
    public void An_input_with_another_number_of_axes_is_refused() =>
        Assert.Contains("2 axes take", Assert.Throws<ArgumentException>(() => Build(4, 2).forward(randn(2, 5, 4))).Message, StringComparison.Ordinal);
}
