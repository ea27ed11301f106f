using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.LowRank;

public sealed class LunaTests
{
    [Fact]
    public void The_causal_form_is_what_its_definition_says()
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var attention = AttentionCatalogue.CreateOperator(
            "luna/fused", new AttentionSettings(AttentionPattern.CausalSelf, 2, 8), new Dictionary<string, string> { ["landmarks"] = "5" });
        var shape = AttentionShape.Square(AttentionPattern.CausalSelf, 2, 2, 19, 8);
        var inputs = AttentionInputs.Draw(attention, shape, 5, ScalarType.Float32, CPU);
        var (q, k, v) = (inputs.Query, inputs.Key, inputs.Value);
        var root = Math.Sqrt(8);
        var shares = (1 + pow(2, k.matmul(attention.get_parameter("pack")!.transpose(-2, -1)) / root)).log() / Math.Log(2); // [B, H, N, l]
        var average = ones(19, 19).tril() / arange(1, 20).unsqueeze(1);
        var slots = (q.matmul(k.transpose(-2, -1)) / root * average).matmul(shares).softmax(-1);
        var expected = (slots.matmul(shares.transpose(-2, -1)) * average).matmul(v);
        Laws.Law.Near(expected, attention.forward(inputs), 1e-5, "Luna");
    }

    [Fact]
    public void The_noncausal_form_nests_two_softmax_attentions()
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var attention = AttentionCatalogue.CreateOperator("luna/recurrent", new AttentionSettings(AttentionPattern.NoncausalCross, 2, 8));
        var shape = new AttentionShape(AttentionPattern.NoncausalCross, 2, 2, 9, 23, 8, 8);
        var inputs = AttentionInputs.Draw(attention, shape, 5, ScalarType.Float32, CPU);
        Tensor Softmax(Tensor q, Tensor k, Tensor v) => nn.functional.scaled_dot_product_attention(q, k, v);

        var pack = attention.get_parameter("pack")!.expand(2, -1, -1, -1);
        var expected = Softmax(inputs.Query, Softmax(pack, inputs.Key, inputs.Key), Softmax(pack, inputs.Key, inputs.Value));
        Laws.Law.Near(expected, attention.forward(inputs), 1e-5, "Luna");
    }
}
