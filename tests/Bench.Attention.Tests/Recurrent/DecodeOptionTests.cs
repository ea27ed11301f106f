using Bench.Attention.Tests.Laws;
using Bench.Domain.Matrix;
using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Recurrent;

/// <summary>Decode under options that the laws, which keep to the defaults, do not reach.</summary>
public sealed class DecodeOptionTests
{
    [Theory]
    [InlineData("forgetting-attention/naive", "window", "5", 2)]
    [InlineData("path-attention/parallel", "gated", "true", 2)]
    [InlineData("path-attention/parallel", "scale", "0.3", 1)]
    [InlineData("titans-memory/chunked", "flaQuirk", "true", 2)]
    [InlineData("ttt-linear/dual", "flaResidual", "true", 2)]
    public void Steps_equal_the_full_pass(string id, string option, string value, int keyHeads)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var settings = new AttentionSettings(AttentionPattern.CausalSelf, 2, 8) { KeyValueHeads = keyHeads };
        var attention = AttentionCatalogue.CreateOperator(id, settings, new Dictionary<string, string> { [option] = value });
        attention.to(ScalarType.Float64);
        var inputs = AttentionInputs.Draw(attention, AttentionShape.Square(AttentionPattern.CausalSelf, 2, 2, 23, 8), 3, ScalarType.Float64, CPU);
        AttentionInputs Part(long start, long count) => new(
            inputs.Query.narrow(2, start, count), inputs.Key.narrow(2, start, count), inputs.Value.narrow(2, start, count))
        {
            Named = inputs.Named.ToDictionary(pair => pair.Key, pair => pair.Value.narrow(2, start, count)),
        };

        var (output, state) = attention.Prefill(Part(0, 9));
        var parts = new List<Tensor> { output };
        for (var i = 9; i < 23; i++)
        {
            parts.Add(attention.Step(Part(i, 1), state));
        }

        Law.Near(attention.forward(inputs), cat(parts, 2), 1e-9, $"{id} {option}={value}");
        state.Dispose();
    }

    [Fact]
    public void Log_linear_attention_refuses_a_token_that_its_levels_cannot_hold()
    {
        using var scope = NewDisposeScope();
        var attention = AttentionCatalogue.CreateOperator("log-linear-attention/recurrent", new AttentionSettings(AttentionPattern.CausalSelf, 2, 8) { MaxLength = 4 });
        var inputs = AttentionInputs.Draw(attention, AttentionShape.Square(AttentionPattern.CausalSelf, 1, 2, 4, 8), 3, ScalarType.Float32, CPU);
        var state = attention.Prefill(inputs).State;
        var token = AttentionInputs.Draw(attention, AttentionShape.Square(AttentionPattern.CausalSelf, 1, 2, 1, 8), 3, ScalarType.Float32, CPU);

        Assert.Contains("above 4", Assert.Throws<InvalidOperationException>(() => attention.Step(token, state)).Message, StringComparison.Ordinal);
        state.Dispose();
    }
}
