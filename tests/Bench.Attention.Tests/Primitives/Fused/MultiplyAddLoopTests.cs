using Bench.Attention.Primitives.Fused;

namespace Bench.Attention.Tests.Primitives.Fused;

public sealed class MultiplyAddLoopTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(1_000)]
    public void Every_number_has_had_its_multiply_adds(int rounds)
    {
        // x ← 0.999 x + 0.1 from 0.1.
        var expected = 100 - (99.9 * Math.Pow(0.999, rounds));

        Assert.Equal(expected, MultiplyAddLoop.Pass(rounds) / MultiplyAddLoop.Numbers, 1e-3);
    }
}
