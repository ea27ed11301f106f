using static TorchSharp.torch;

namespace Bench.Attention.Tests;

public sealed class AttentionStateTests
{
    [Fact]
    public void An_unbounded_cache_keeps_every_token_in_order()
    {
        using var scope = NewDisposeScope();
        using var state = new KeyValueState();
        var (keys, values) = (randn(2, 3, 50, 4), randn(2, 3, 50, 5));
        foreach (var (from, count) in new[] { (0, 1), (1, 7), (8, 1), (9, 41) })
        {
            state.Append(keys.narrow(2, from, count), values.narrow(2, from, count));
        }

        Assert.Equal(50, state.Position);
        Assert.True(state.Keys.equal(keys).all().item<bool>());
        Assert.True(state.Values.equal(values).all().item<bool>());
        Assert.Equal((2 * 3 * 50 * 4 + 2 * 3 * 50 * 5) * sizeof(float), state.Bytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(40)]
    public void A_bounded_cache_keeps_the_newest_tokens_however_they_arrive(int capacity)
    {
        using var scope = NewDisposeScope();
        using var state = new KeyValueState(capacity);
        var (keys, values) = (randn(1, 2, 60, 4), randn(1, 2, 60, 4));
        var at = 0;
        foreach (var count in new[] { 1, 1, 9, 1, 30, 1, 1, 16 })
        {
            state.Append(keys.narrow(2, at, count), values.narrow(2, at, count));
            at += count;
            var kept = Math.Min(capacity, at);
            Assert.Equal(kept, state.Count);
            Assert.Equal(at, state.Position);
            Assert.True(state.Keys.equal(keys.narrow(2, at - kept, kept)).all().item<bool>(), $"Keys after {at} tokens.");
            Assert.True(state.Values.equal(values.narrow(2, at - kept, kept)).all().item<bool>(), $"Values after {at} tokens.");
        }
    }

    [Fact]
    public void A_disposed_state_keeps_nothing_alive()
    {
        using var scope = NewDisposeScope();
        var (key, value) = (randn(1, 2, 3, 4), randn(1, 2, 3, 4));
        var before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (var state = new KeyValueState())
        {
            state.Append(key, value);
            state.Append(key, value);
        }

        using (var state = new TensorState())
        {
            state["s"] = key + value;
            state["s"] = key - value;
        }

        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void A_tensor_state_outlives_the_scope_it_was_filled_in()
    {
        using var state = new TensorState();
        using (NewDisposeScope())
        {
            state["s"] = ones(2, 3);
            state["s"] = state["s"] + 1;
        }

        Assert.Equal(12, state["s"].sum().item<float>());
        Assert.Equal(6 * sizeof(float), state.Bytes);
    }
}
