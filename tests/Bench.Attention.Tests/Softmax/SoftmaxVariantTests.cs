using Bench.Attention.Tests.Laws;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Softmax;

public sealed class SoftmaxVariantTests
{
    [Theory]
    [InlineData("softmax/naive")]
    [InlineData("softmax/sdpa")]
    [InlineData("sigmoid/naive")]
    [InlineData("alibi/naive")]
    [InlineData("sink-window/gathered")]
    public void Grouped_heads_equal_repeated_keys_and_values(string id)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var settings = new AttentionSettings(AttentionPattern.CausalSelf, 6, 8);
        var (q, k, v) = (randn(2, 6, 11, 8), randn(2, 2, 11, 8), randn(2, 2, 11, 8));
        var grouped = AttentionCatalogue.CreateOperator(id, settings with { KeyValueHeads = 2 }).forward(new AttentionInputs(q, k, v));
        var repeated = AttentionCatalogue.CreateOperator(id, settings)
            .forward(new AttentionInputs(q, k.repeat_interleave(3, 1), v.repeat_interleave(3, 1)));
        Law.Near(repeated, grouped, 1e-5, id);
    }

    [Fact]
    public void A_zero_sink_takes_the_share_of_a_key_with_logit_and_value_zero()
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var settings = new AttentionSettings(AttentionPattern.NoncausalSelf, 2, 8);
        var (q, k, v) = (randn(1, 2, 9, 8), randn(1, 2, 9, 8), randn(1, 2, 9, 8));
        static Tensor WithZero(Tensor rows) => cat([rows, zeros(1, 2, 1, 8)], 2);
        var expected = AttentionCatalogue.CreateOperator("softmax/naive", settings).forward(new AttentionInputs(q, WithZero(k), WithZero(v)));
        Law.Near(expected, AttentionCatalogue.CreateOperator("softmax-off-by-one/naive", settings).forward(new AttentionInputs(q, k, v)), 1e-5, "Sink");
    }

    [Fact]
    public void Differential_attention_with_equal_halves_is_scaled_softmax()
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var settings = new AttentionSettings(AttentionPattern.CausalSelf, 2, 8);
        var (q, k, v) = (randn(1, 2, 9, 4), randn(1, 2, 9, 4), randn(1, 2, 9, 8));
        var plain = AttentionCatalogue.CreateOperator("softmax/naive", new AttentionSettings(AttentionPattern.CausalSelf, 2, 4) { ValueSize = 8 })
            .forward(new AttentionInputs(q, k, v));
        // The norm removes the factor 1 − λ; 1 − λ_init remains.
        var expected = plain / (plain.square().mean([-1], keepdim: true) + 1e-5).sqrt() * 0.2;
        var attention = AttentionCatalogue.CreateOperator("differential/naive", settings);
        foreach (var (name, parameter) in attention.named_parameters().Where(pair => pair.name.StartsWith("lambda", StringComparison.Ordinal)))
        {
            parameter.zero_();
        }

        var twice = attention.forward(new AttentionInputs(cat([q, q], 3), cat([k, k], 3), v));
        Law.Near(expected, twice, 5e-3, "Equal maps");
    }
}
