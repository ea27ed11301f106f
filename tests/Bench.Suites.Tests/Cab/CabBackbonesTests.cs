using Bench.Domain.Matrix;
using Bench.Suites.Cab;
using Bench.Suites.Cab.Points;
using Bench.Suites.Cab.Series;
using Bench.Suites.Cab.Vision;
using static TorchSharp.torch;

namespace Bench.Suites.Tests.Cab;

/// <summary>Sizes and behaviour of the backbones for pictures, clouds and series.</summary>
public sealed class CabBackbonesTests
{
    private static readonly BackboneAttention Plain = new(BackboneAttention.Elsewhere, AttentionPattern.NoncausalSelf);

    private static readonly InformerSizes SmallSeries = new(3, 4, 24, 12, 8) { Heads = 2, HeadSize = 8, Hidden = 32, Dropout = 0 };

    private static readonly PoinTrSizes SmallCloud = new()
    {
        Middle = 64,
        Proxies = 32,
        Queries = 16,
        PointsPerQuery = 4,
        Heads = 2,
        HeadSize = 16,
        EncoderLayers = 2,
        DecoderLayers = 2,
        Global = 64,
        Folding = 32,
    };

    private static readonly Sr3Sizes SmallPicture = new() { Channels = 1, Pixels = 28, Inner = 16, Multipliers = [1, 2, 2], AttentionAt = [14], Blocks = 1, Groups = 4, Dropout = 0 };

    [Fact]
    public void Informer_HasTheSizeWorkedOutByHand()
    {
        // Widths 512 and 2048, seven variables, four parts of a date, two encoder layers, one decoder layer.
        const long Attention = 4 * ((512 * 512) + 512), Network = (512 * 2048) + 2048 + (2048 * 512) + 512, Norm = 2 * 512;
        const long Embedding = (7 * 512 * 3) + 512 + (4 * 512) + 512;
        const long Halving = (512 * 512 * 3) + 512 + Norm;
        const long Expected = (2 * Embedding) + (2 * (Attention + Network + (2 * Norm))) + Halving + Norm + ((2 * Attention) + Network + (3 * Norm)) + Norm + (512 * 7) + 7;
        using var model = new Informer(new InformerSizes(7, 4, 96, 48, 24), Plain);
        Assert.Equal(11_330_055, Expected);
        Assert.Equal(Expected, Count(model));
    }

    [Fact]
    public void PoinTr_HasThePublishedSize()
    {
        // 31.28 million (SeedFormer, arXiv:2207.10315, table of sizes); ours adds biases to queries, keys and values.
        using var model = new PoinTr(new PoinTrSizes(), Plain);
        Assert.InRange(Count(model) / 31.28e6, 0.99, 1.01);
    }

    [Fact]
    public void Sr3_HasTheSizeWorkedOutByHand()
    {
        var published = new Sr3Sizes { AttentionAt = [16] };
        // Of the same shape and an eighth of the width: drawing the whole network's weights takes long.
        var narrow = published with { Inner = 8, Groups = 8 };
        using var model = new Sr3Unet(narrow, Plain);
        Assert.Equal(HandCount(narrow), Count(model));
        // The count that the public code prints for its 16 → 128 configuration, without biases in q, k and v.
        Assert.InRange(HandCount(published) / 97_807_491.0, 0.99, 1.01);
    }

    [Theory]
    [InlineData("softmax/sdpa", AttentionPattern.NoncausalSelf)]
    [InlineData("local/blocked", AttentionPattern.NoncausalSelf)]
    [InlineData("softmax/sdpa", AttentionPattern.NoncausalCross)]
    [InlineData("abc/recurrent", AttentionPattern.NoncausalCross)]
    public void Informer_ForecastsFromWhatItReads(string implementation, AttentionPattern pattern)
    {
        manual_seed(1);
        using var scope = NewDisposeScope();
        using var model = new Informer(SmallSeries, new BackboneAttention(implementation, pattern));
        model.eval();
        var (known, times, future) = (randn(2, 24, 3), randn(2, 24, 4), randn(2, 8, 4));
        var forecast = model.forward(known, times, future);
        Assert.Equal([2, 8, 3], forecast.shape);
        Assert.True(forecast.isfinite().all().item<bool>());
        // Rows do not mix, and the oldest value counts.
        Near(forecast.narrow(0, 1, 1), model.forward(known.narrow(0, 1, 1), times.narrow(0, 1, 1), future.narrow(0, 1, 1)));
        var other = known.clone();
        other[0, 0, 0] += 3;
        Assert.False(model.forward(other, times, future).allclose(forecast));
        model.train();
        model.forward(known, times, future).square().mean().backward();
        Assert.All(model.named_parameters(), one => Assert.True(one.parameter.grad is { } gradient && gradient.isfinite().all().item<bool>(), one.name));
    }

    [Fact]
    public void Informer_WithoutAttention_HasNone()
    {
        using var model = new Informer(SmallSeries, Plain with { WithoutSelfAttention = true });
        Assert.DoesNotContain(model.named_parameters(), one => one.name.StartsWith("encoder", StringComparison.Ordinal) && one.name.Contains("attention", StringComparison.Ordinal));
        Assert.Contains(model.named_parameters(), one => one.name.StartsWith("decoder", StringComparison.Ordinal) && one.name.Contains("cross", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("softmax/sdpa", AttentionPattern.NoncausalSelf)]
    [InlineData("linear-attention/parallel", AttentionPattern.NoncausalCross)]
    public void PoinTr_KeepsWhatIsSeenAndAddsTheRest(string implementation, AttentionPattern pattern)
    {
        manual_seed(2);
        using var scope = NewDisposeScope();
        using var model = new PoinTr(SmallCloud, new BackboneAttention(implementation, pattern));
        var partial = rand(2, 96, 3) - 0.5;
        var (coarse, fine) = model.forward(partial);
        Assert.Equal([2, 32, 3], coarse.shape);
        Assert.Equal([2, (16 * 4) + 96, 3], fine.shape);
        Near(partial, fine.narrow(1, 64, 96));
        var truth = rand(2, 200, 3) - 0.5;
        (PointTensors.ChamferL1(coarse, truth) + PointTensors.ChamferL1(fine, truth)).backward();
        Assert.All(model.named_parameters(), one => Assert.True(one.parameter.grad is { } gradient && gradient.isfinite().all().item<bool>(), one.name));
    }

    [Fact]
    public void PointTensors_AgreeWithPlainSearches()
    {
        manual_seed(3);
        using var scope = NewDisposeScope();
        var (from, to) = (randn(1, 30, 3), randn(1, 50, 3));
        float[] a = [.. from.data<float>()], b = [.. to.data<float>()];
        Assert.Equal(Suites.Cab.Metrics.PointDistance.Nearest(a, b).Select(index => (long)index), PointTensors.Nearest(from, to, 1).data<long>());
        Assert.Equal(Suites.Cab.Metrics.PointDistance.ChamferL1(a, b), 1000 * PointTensors.ChamferL1(from, to).item<float>(), 2);
        var distances = cdist(from, to);
        var expected = distances.topk(4, -1, largest: false).values.sum(-1);
        Near(expected, distances.gather(2, PointTensors.Nearest(from, to, 4)).sum(-1));
        // The farthest point of a line from its first is its last, then the middle.
        Assert.Equal([0L, 4, 2], FarthestPoints.Sample([0, 0, 0, 1, 0, 0, 2, 0, 0, 3, 0, 0, 4, 0, 0], 3));
    }

    [Theory]
    [InlineData("softmax/sdpa")]
    [InlineData("lara/parallel")]
    public void Sr3_PredictsNoiseOfTheImagesSize(string implementation)
    {
        manual_seed(4);
        using var scope = NewDisposeScope();
        using var model = new Sr3Unet(SmallPicture, new BackboneAttention(implementation, AttentionPattern.NoncausalSelf));
        var (images, roots) = (randn(2, 2, 28, 28), rand(2));
        model.forward(images, roots).square().mean().backward();
        Assert.All(model.named_parameters(), one => Assert.True(one.parameter.grad is { } gradient && gradient.isfinite().all().item<bool>(), one.name));
        model.eval();
        var noise = model.forward(images, roots);
        Assert.Equal([2, 1, 28, 28], noise.shape);
        Assert.False(model.forward(images, roots + 0.3).allclose(noise));
    }

    [Fact]
    public void DiffusionSchedule_FollowsItsFormulas()
    {
        var schedule = new DiffusionSchedule(2000);
        Assert.Equal(1 - 1e-6, schedule.Level(1), 15);
        Assert.Equal(0.99, schedule.Level(2000) / schedule.Level(1999), 12);
        // Π (1 − β) by logarithms.
        var logarithm = Enumerable.Range(0, 2000).Sum(t => Math.Log(1 - (1e-6 + ((1e-2 - 1e-6) * t / 1999))));
        Assert.Equal(Math.Exp(logarithm), schedule.Level(2000), 12);

        var steps = schedule.Reverse(2000).ToList();
        Assert.Equal(2000, steps.Count);
        Assert.Equal(1e-2, steps[0].Variance, 10);
        Assert.Equal(0, steps[^1].Deviation);
        Assert.Equal(1, steps[^1].ImageFactor, 12);
        // The posterior mean of a noisy image without noise is the cleaner image without noise: √γ'·x₀.
        Assert.All(schedule.Reverse(50), step => Assert.Equal(Math.Sqrt(step.Before), step.ImageFactor + (step.NoisyFactor * Math.Sqrt(step.Level)), 10));
        Assert.Equal(schedule.Level(2000), schedule.Reverse(7).First().Level);
        Assert.Equal(1, schedule.Reverse(7).Last().Before);
    }

    private static long Count(nn.Module model) => model.parameters().Sum(parameter => parameter.numel());

    private static void Near(Tensor expected, Tensor actual) => Assert.True(expected.allclose(actual, 1e-4, 1e-5), $"{(expected - actual).abs().max().item<float>()}");

    /// <summary>Counts weights block by block from the widths alone.</summary>
    private static long HandCount(Sr3Sizes sizes)
    {
        long inner = sizes.Inner;
        long Block(long from, long to) => (2 * from) + (from * to * 9) + to + (inner * to) + to + (2 * to) + (to * to * 9) + to + (from == to ? 0 : (from * to) + to);
        long Attention(long width) => (2 * width) + (4 * ((width * width) + width));
        long total = (inner * 4 * inner) + (4 * inner) + (4 * inner * inner) + inner + (6 * inner * 9) + inner;
        var (widths, from, pixels) = (new Stack<long>([inner]), inner, sizes.Pixels);
        foreach (var (multiplier, last) in sizes.Multipliers.Select((multiplier, i) => (multiplier, i == sizes.Multipliers.Count - 1)))
        {
            for (var i = 0; i < sizes.Blocks; i++)
            {
                var to = inner * multiplier;
                total += Block(from, to) + (sizes.AttentionAt.Contains(pixels) ? Attention(to) : 0);
                widths.Push(from = to);
            }

            if (!last)
            {
                total += (from * from * 9) + from;
                widths.Push(from);
                pixels /= 2;
            }
        }

        total += (2 * Block(from, from)) + Attention(from);
        foreach (var (multiplier, last) in sizes.Multipliers.Reverse().Select((multiplier, i) => (multiplier, i == sizes.Multipliers.Count - 1)))
        {
            for (var i = 0; i <= sizes.Blocks; i++)
            {
                var to = inner * multiplier;
                total += Block(from + widths.Pop(), to) + (sizes.AttentionAt.Contains(pixels) ? Attention(to) : 0);
                from = to;
            }

            total += last ? 0 : (from * from * 9) + from;
            pixels *= 2;
        }

        return total + (2 * from) + (from * 3 * 9) + 3;
    }
}
