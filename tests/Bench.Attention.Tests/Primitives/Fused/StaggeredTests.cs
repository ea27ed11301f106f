using Bench.Attention.Primitives.Fused;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Primitives.Fused;

public sealed class StaggeredTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public unsafe void Tensors_begin_a_quarter_of_a_page_apart(int place)
    {
        using var scope = NewDisposeScope();
        long[] shape = [2, 3, 50, 16];
        var rows = Staggered.Empty(shape, place);
        Assert.Equal(shape, rows.shape);
        Assert.True(rows.is_contiguous());
        var start = (nint)(void*)rows.storage<float>().data_ptr() + ((nint)rows.storage_offset() * sizeof(float));
        Assert.Equal(place * 1024, start % 4096);

        rows.fill_(place + 0.5);
        Assert.Equal((place + 0.5) * rows.numel(), rows.sum().item<float>(), 1e-3);
    }

    [Theory]
    [InlineData(4096, 0, 0)]
    [InlineData(4096, 3, 3072)]
    [InlineData(4096 + 2048, 1, 3072)]
    [InlineData(4096 + 1024, 1, 0)]
    [InlineData(64, 0, 4032)]
    public void The_way_to_a_place_leads_forward_and_is_shorter_than_a_page(long address, int place, long bytes) =>
        Assert.Equal((nint)bytes, Staggered.BytesTo((nint)address, place));
}
