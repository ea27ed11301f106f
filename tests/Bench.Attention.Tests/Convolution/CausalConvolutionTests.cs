using Bench.Attention.Convolution;
using Bench.Attention.Tests.Laws;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Convolution;

public sealed class CausalConvolutionTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(17, 3)]
    [InlineData(17, 17)]
    [InlineData(17, 40)]
    public void The_transform_equals_the_sum_over_taps(int length, int taps)
    {
        using var scope = NewDisposeScope();
        var (x, filter) = (randn([2, length, 3], dtype: ScalarType.Float64), randn([3, taps], dtype: ScalarType.Float64));
        var expected = zeros_like(x);
        for (var t = 0; t < length; t++)
        {
            for (var l = 0; l <= Math.Min(t, taps - 1); l++)
            {
                expected.select(1, t).add_(x.select(1, t - l) * filter.select(1, l));
            }
        }

        Law.Near(expected, CausalConvolution.Direct(x, filter), 1e-12, "Direct");
        Law.Near(expected, CausalConvolution.Fourier(x, filter), 1e-12, "Fourier");
        Law.Near(expected.narrow(1, length - 1, 1), CausalConvolution.Newest(x, filter), 1e-12, "Newest");
    }
}
