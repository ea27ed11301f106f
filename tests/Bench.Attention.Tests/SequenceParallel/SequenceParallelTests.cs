using Bench.Attention.Primitives;
using Bench.Attention.SequenceParallel;
using Bench.Attention.Tests.Laws;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.SequenceParallel;

/// <summary>Workers in threads over real sockets against one pass over the whole sequence.</summary>
public sealed class SequenceParallelTests
{
    private const int Length = 24;

    [Theory]
    [InlineData("linear-attention/chunked", 1, 0)]
    [InlineData("linear-attention/chunked", 3, 0)]
    [InlineData("lightning-attention/chunked", 4, 1)]
    [InlineData("simple-gla/chunked", 4, 1)]
    [InlineData("gla/recurrent", 3, 8)]
    [InlineData("mamba2-ssd/chunked", 2, 1)]
    public void Slices_equal_the_whole_and_send_one_state_each_way(string id, int workers, int decaySize)
    {
        using var scope = NewDisposeScope();
        var options = id.StartsWith("linear", StringComparison.Ordinal) ? new Dictionary<string, string> { ["normalise"] = "false" } : null;
        var attention = (RecurrenceOperator)AttentionCatalogue.CreateOperator(id, new AttentionSettings(AttentionPattern.CausalSelf, 2, 8), options);
        var shape = AttentionShape.Square(AttentionPattern.CausalSelf, 2, 2, Length, 8);
        var inputs = AttentionInputs.Draw(attention, shape, 3, ScalarType.Float64, CPU);
        var whole = attention.RecurrenceOf(inputs).Featured();
        var cotangent = randn(whole.Value.shape, dtype: ScalarType.Float64);
        Tensor Leaf(Tensor tensor) => tensor.detach().requires_grad_(true);
        var decay = whole.LogDecay is { } given ? Leaf(given.expand(2, 2, Length, given.shape[3])) : null;
        var leaves = whole with { Query = Leaf(whole.Query), Key = Leaf(whole.Key), Value = Leaf(whole.Value), LogDecay = decay };
        var expected = TokenForm.Instance.Run(leaves).Output;
        List<Tensor> wanted = [leaves.Query, leaves.Key, leaves.Value, .. decay is null ? Array.Empty<Tensor>() : [decay]];
        var gradients = autograd.grad([expected], wanted, [cotangent]);
        var slice = Length / workers;

        var found = OverWorkers(workers, ring =>
        {
            var own = (leaves with { LogDecay = decay?.detach() }).Slice(ring.Rank * slice, slice, null, null);
            var pass = Lasp2.Forward(ring, own, TokenForm.Instance);
            var forward = ring.BytesSent;
            Tensor[] results = [pass.Output, .. pass.Backward(cotangent.narrow(2, ring.Rank * slice, slice))];
            Assert.Equal(sizeof(double) * CommunicationVolume.Lasp(shape, workers, decaySize), forward);
            Assert.Equal(sizeof(double) * CommunicationVolume.Lasp(shape, workers, 0), ring.BytesSent - forward);
            return results;
        });

        Law.Near(expected, Joined(found, 0), 1e-11, "Output");
        for (var i = 0; i < gradients.Count; i++)
        {
            Law.Near(gradients[i], Joined(found, i + 1), 1e-10, $"Gradient {i}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Ring_attention_equals_softmax_attention_and_sends_what_its_formula_says(int workers)
    {
        using var scope = NewDisposeScope();
        var shape = AttentionShape.Square(AttentionPattern.CausalSelf, 2, 2, Length, 8);
        Tensor Draw() => randn([2, 2, Length, 8], dtype: ScalarType.Float64).requires_grad_(true);
        var (query, key, value, cotangent) = (Draw(), Draw(), Draw(), Draw().detach());
        var expected = AttentionCatalogue.CreateOperator("softmax/naive", new AttentionSettings(AttentionPattern.CausalSelf, 2, 8)).forward(new AttentionInputs(query, key, value));
        var gradients = autograd.grad([expected], [query, key, value], [cotangent]);
        var slice = Length / workers;

        var found = OverWorkers(workers, ring =>
        {
            Tensor Own(Tensor tensor) => tensor.detach().narrow(2, ring.Rank * slice, slice);
            var pass = RingAttention.Forward(ring, Own(query), Own(key), Own(value));
            var forward = ring.BytesSent;
            Tensor[] results = [pass.Output, .. pass.Backward(Own(cotangent))];
            Assert.Equal(sizeof(double) * CommunicationVolume.RingForward(shape, workers), forward);
            Assert.Equal(sizeof(double) * CommunicationVolume.RingBackward(shape, workers), ring.BytesSent - forward);
            return results;
        });

        Law.Near(expected, Joined(found, 0), 1e-11, "Output");
        for (var i = 0; i < 3; i++)
        {
            Law.Near(gradients[i], Joined(found, i + 1), 1e-11, $"Gradient {i}");
        }
    }

    [Fact]
    public void Lasp_sends_less_than_a_ring_once_a_slice_is_longer_than_half_the_head()
    {
        AttentionShape At(int length) => AttentionShape.Square(AttentionPattern.CausalSelf, 1, 8, length, 64);

        Assert.True(CommunicationVolume.Lasp(At(4 * 33), 4, 0) < CommunicationVolume.RingForward(At(4 * 33), 4));
        Assert.True(CommunicationVolume.Lasp(At(4 * 31), 4, 0) > CommunicationVolume.RingForward(At(4 * 31), 4));
    }

    [Fact]
    public void A_state_that_is_corrected_by_its_content_is_refused()
    {
        using var scope = NewDisposeScope();
        var x = randn(1, 1, 4, 8);
        using var ring = new SocketRing(0, 1);

        Assert.Throws<ArgumentException>(() => Lasp2.Forward(ring, new Recurrence(x, x, x) { Strength = ones(1, 1, 4, 1) }, TokenForm.Instance));
    }

    /// <summary>Runs every worker in a thread of its own; results in order of ranks.</summary>
    private static Tensor[][] OverWorkers(int workers, Func<IWorkerRing, Tensor[]> work)
    {
        var rings = Enumerable.Range(0, workers).Select(rank => new SocketRing(rank, workers)).ToList();
        var results = new Tensor[workers][];
        var failures = new Exception?[workers];
        var threads = rings.Select(ring => new Thread(() =>
        {
            try
            {
                ring.Connect(rings[(ring.Rank + 1) % workers].Port);
                results[ring.Rank] = work(ring);
            }
            catch (Exception failure)
            {
                failures[ring.Rank] = failure;
                ring.Dispose();
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        rings.ForEach(ring => ring.Dispose());
        Assert.All(failures, Assert.Null);
        return results;
    }

    private static Tensor Joined(Tensor[][] found, int index) => cat([.. found.Select(worker => worker[index])], 2);
}
