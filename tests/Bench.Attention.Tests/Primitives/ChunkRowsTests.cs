using Bench.Attention.Primitives;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Primitives;

public sealed class ChunkRowsTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 1)]
    [InlineData(7, 5)]
    [InlineData(64, 64)]
    [InlineData(33, 70)]
    public void Rows_of_a_chunk_that_lie_apart_go_through_the_same_maps_as_in_torch(int tokens, int width)
    {
        using var scope = NewDisposeScope();
        // A chunk in the middle of a sequence whose heads lie side by side: nothing is contiguous but a row.
        var sequence = randn([tokens + 9, 3, width], generator: new Generator(5, CPU)) * 4;
        var rows = sequence.transpose(0, 1).narrow(1, 4, tokens); // [3, L, D]
        Assert.True(ChunkRows.Takes(rows));

        var precise = rows.to(ScalarType.Float64);
        var elu = precise.clamp_max(0).exp() + precise.relu();
        Assert.True(ChunkRows.EluPlusOne(rows).to(ScalarType.Float64).allclose(elu, 1e-6, 1e-30));
        Assert.True(ChunkRows.CumulativeSum(rows).to(ScalarType.Float64).allclose(precise.cumsum(1), 1e-5, 1e-4));
    }

    [Fact]
    public void Rows_whose_gradient_is_wanted_and_other_element_types_are_left_to_torch()
    {
        using var scope = NewDisposeScope();
        var rows = randn(2, 4, 8);
        Assert.True(ChunkRows.Takes(rows));
        Assert.False(ChunkRows.Takes(rows.to(ScalarType.Float64)));
        Assert.False(ChunkRows.Takes(rows.transpose(1, 2)));
        Assert.False(ChunkRows.Takes(rows.unsqueeze(0)));
        rows.requires_grad_(true);
        Assert.False(ChunkRows.Takes(rows));
        using (no_grad())
        {
            Assert.True(ChunkRows.Takes(rows));
        }
    }
}
