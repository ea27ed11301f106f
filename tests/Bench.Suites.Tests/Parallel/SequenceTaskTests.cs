using Bench.Attention.SequenceParallel;
using Bench.Domain.Matrix;
using Bench.Suites.Parallel;

namespace Bench.Suites.Tests.Parallel;

public sealed class SequenceTaskTests
{
    private static Cell Of(string implementation, int length = 64, int workers = 4) => new()
    {
        Task = "parallel/sequence",
        Implementation = implementation,
        Pattern = AttentionPattern.CausalSelf,
        Heads = 2,
        HeadSize = 8,
        Length = length,
        Parameters = new(StringComparer.Ordinal) { ["workers"] = $"{workers}" },
    };

    [Theory]
    [InlineData("deltanet/fused", "neither softmax nor an additive recurrence")]
    [InlineData("lightnet/fused", "neither softmax nor an additive recurrence")]
    [InlineData("linear-attention/fused", "'normalise' to false")]
    public void What_cannot_be_split_is_refused_with_the_reason(string implementation, string reason) =>
        Assert.Contains(reason, new SequenceTask().WhyNot(Of(implementation)), StringComparison.Ordinal);

    [Fact]
    public void A_length_that_does_not_split_is_refused() =>
        Assert.Contains("does not split into 4", new SequenceTask().WhyNot(Of("gla/fused", 66)), StringComparison.Ordinal);

    [Theory]
    [InlineData("gla/fused", 3 * 2 * (64 + 8) * 4, 3 * 2 * 64 * 4)]
    [InlineData("lightning-attention/fused", 3 * 2 * (64 + 1) * 4, 3 * 2 * 64 * 4)]
    [InlineData("softmax/sdpa", 3 * 2 * 16 * 16 * 4, 7 * 2 * 16 * 16 * 4)]
    public void Volumes_follow_the_formulas(string implementation, long forward, long backward)
    {
        Assert.Null(new SequenceTask().WhyNot(Of(implementation)));
        Assert.Equal((forward, backward), SequenceTask.Volume(Of(implementation), 4));
    }

    [Theory]
    [InlineData("gla/fused")]
    [InlineData("softmax/sdpa")]
    public void Workers_agree_with_one_process_and_send_by_the_formula(string implementation)
    {
        const int Workers = 2;
        var cell = Of(implementation, workers: Workers);
        var rings = Enumerable.Range(0, Workers).Select(rank => new SocketRing(rank, Workers)).ToList();
        var results = new SequenceWorkerResult[Workers];
        var threads = rings.Select(ring => new Thread(() =>
        {
            ring.Connect(rings[1 - ring.Rank].Port);
            results[ring.Rank] = SequenceWorker.Work(new SequenceWorkerRequest(cell, ring.Rank, Workers, 1, 2, Check: true), ring);
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        rings.ForEach(ring => ring.Dispose());

        Assert.All(results, result =>
        {
            Assert.True(result.Error < 1e-5, $"The slices differ by {result.Error:g3}.");
            Assert.Equal(SequenceTask.Volume(cell, Workers), (result.BytesForward, result.BytesBackward));
            Assert.Equal(2, result.Seconds.Count);
        });
    }
}
