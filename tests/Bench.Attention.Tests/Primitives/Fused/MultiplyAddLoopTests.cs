using Bench.Attention.Primitives.Fused;

namespace Bench.Attention.Tests.Primitives.Fused;

public sealed class MultiplyAddLoopTests
{
    [Fact]
    public void Every_chain_of_a_pass_has_done_its_multiply_adds()
    {
        // x ← 0.999 x + 0.1 tends to 100, and after a few hundred rounds is still far from it.
        Assert.Equal(100, MultiplyAddLoop.Pass() / MultiplyAddLoop.Numbers, 0.1);
        Assert.Equal(2.0 * 100_000 * MultiplyAddLoop.Numbers, MultiplyAddLoop.Flops);
    }
}
