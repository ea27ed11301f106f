using Bench.Attention.Primitives;
using Bench.Attention.Primitives.Fused;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Primitives.Fused;

public sealed class FusedStripsTests
{
    public static MatrixTheoryData<int, int, int> Widths() => new([16, 8, 1], [16, 32, 64], [1, 2]);

    /// <summary>Every vector width, block length and grouping against the plain formula, with hidden rows, padding and sizes that fill no vector.</summary>
    [Theory, MemberData(nameof(Widths))]
    public void Outputs_and_gradients_equal_the_plain_formula(int lanes, int rows, int group)
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var (query, key, value) = (Leaf(2, 2 * group, 45, 12), Leaf(2, 2, 53, 12), Leaf(2, 2, 53, 9));
        var mask = ones([2, 53], ScalarType.Bool);
        mask[1, 20..31] = false;
        var seen = rand(2 * group, 45, 53).lt(0.4);
        seen[.., 7] = false;

        StripMask Strip(long row, long count)
        {
            var columns = arange(53).index_select(0, seen.narrow(1, row, count).any(1).any(0).nonzero().squeeze(1));
            return StripMask.Of(new RowBlocks.Strip(columns, seen.narrow(1, row, count).index_select(2, columns)), row, count, rows)!;
        }

        var output = FusedStrips.Run(query, key, value, mask, rows, Strip, lanes);
        var scores = query.matmul(GroupedHeads.Expand(key, 2 * group).transpose(-2, -1));
        var visible = seen.logical_and(mask[.., TensorIndex.None, TensorIndex.None, ..]);
        var expected = MaskedSoftmax.Of(scores, visible).matmul(GroupedHeads.Expand(value, 2 * group));
        Laws.Law.Near(expected, output, 1e-5, "Output");

        var cotangent = Laws.Law.Cotangent(output);
        var ours = autograd.grad([output], [query, key, value], [cotangent]);
        var theirs = autograd.grad([expected], [query, key, value], [cotangent]);
        foreach (var (gradient, wanted, name) in ours.Zip(theirs, ["query", "key", "value"]))
        {
            Laws.Law.Near(wanted, gradient, 1e-5, $"Gradient of {name}");
        }
    }

    [Fact]
    public void Threads_share_the_heads_without_a_trace()
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        manual_seed(3);
        var (query, key, value) = (randn(2, 6, 40, 16), randn(2, 3, 40, 16), randn(2, 3, 40, 16));
        var every = Enumerable.Repeat((byte)1, 40 * 16).ToArray();
        Tensor Run(int threads)
        {
            var before = get_num_threads();
            set_num_threads(threads);
            var output = FusedStrips.Run(query, key, value, null, 16, (row, count) => new StripMask(row, (int)count, [.. Enumerable.Range(0, 40).Select(j => (long)j)], every, 16));
            set_num_threads(before);
            return output;
        }

        Assert.Equal(0, Laws.Law.Distance(Run(1), Run(4)));
    }

    [Fact]
    public void Large_logits_stay_finite()
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var (query, key, value) = (randn(1, 1, 20, 16) * 30, randn(1, 1, 20, 16) * 30, randn(1, 1, 20, 16));
        var every = Enumerable.Repeat((byte)1, 20 * 16).ToArray();
        var output = FusedStrips.Run(query, key, value, null, 16, (row, count) => new StripMask(row, (int)count, [.. Enumerable.Range(0, 20).Select(j => (long)j)], every, 16));
        Laws.Law.Near(query.matmul(key.transpose(-2, -1)).softmax(-1).matmul(value), output, 1e-4, "Output");
    }

    private static Tensor Leaf(params long[] sizes) => randn(sizes, requires_grad: true);
}
