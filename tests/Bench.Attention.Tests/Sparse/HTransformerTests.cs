using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Sparse;

public sealed class HTransformerTests
{
    private static readonly Dictionary<string, string> Options = new() { ["block"] = "4" };

    [Theory]
    [InlineData(AttentionPattern.NoncausalSelf)]
    [InlineData(AttentionPattern.CausalSelf)]
    public void Two_blocks_are_exact(AttentionPattern pattern)
    {
        using var scope = NewDisposeScope();
        var (approximate, exact) = Run(pattern, 8, _ => { });
        Laws.Law.Near(exact, approximate, 1e-5, "Two blocks");
    }

    [Theory]
    [InlineData(AttentionPattern.NoncausalSelf)]
    [InlineData(AttentionPattern.CausalSelf)]
    public void Far_blocks_are_exact_where_all_tokens_of_a_group_are_alike(AttentionPattern pattern)
    {
        using var scope = NewDisposeScope();
        // Groups of four alike: levels 0 to 2 lose nothing, and 32 tokens in blocks of 4 need no more.
        var (approximate, exact) = Run(pattern, 32, inputs =>
        {
            foreach (var tensor in new[] { inputs.Query, inputs.Key })
            {
                tensor.copy_(tensor.narrow(2, 0, 8).repeat_interleave(4, 2));
            }
        });
        Laws.Law.Near(exact, approximate, 1e-5, "Groups of equal tokens");
    }

    [Fact]
    public void An_odd_block_is_refused() => Assert.Contains("even", Assert.Throws<ArgumentException>(() => AttentionCatalogue.CreateOperator(
        "h-transformer-1d/masked",
        new AttentionSettings(AttentionPattern.NoncausalSelf, 2, 8),
        new Dictionary<string, string> { ["block"] = "5" })).Message, StringComparison.Ordinal);

    private static (Tensor Approximate, Tensor Exact) Run(AttentionPattern pattern, int length, Action<AttentionInputs> change)
    {
        var settings = new AttentionSettings(pattern, 2, 8);
        var attention = AttentionCatalogue.CreateOperator("h-transformer-1d/hierarchical", settings, Options);
        var inputs = AttentionInputs.Draw(attention, AttentionShape.Square(pattern, 2, 2, length, 8), 5, ScalarType.Float32, CPU);
        change(inputs);
        return (attention.forward(inputs), AttentionCatalogue.CreateOperator("softmax/naive", settings).forward(inputs));
    }
}
