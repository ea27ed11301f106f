using Bench.Attention;
using Bench.Domain.Matrix;
using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Tests.Training;

public sealed class AttentionMapTests
{
    /// <summary>Mechanisms that compute their own map, in every form.</summary>
    public static TheoryData<string> Mapped => ["softmax/naive", "softmax/sdpa", "linear-attention/recurrent", "linear-attention/fused"];

    [Theory, MemberData(nameof(Mapped))]
    public void The_map_that_is_read_off_equals_the_mechanisms_own(string id)
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        // 17 keys against 8 values: several readings, the last one narrower.
        var settings = new AttentionSettings(AttentionPattern.CausalSelf, 2, 8);
        using var attention = AttentionCatalogue.CreateOperator(id, settings);
        using var reference = AttentionCatalogue.CreateOperator(AttentionCatalogue.ReferenceOf(id.Split('/')[0]).Id, settings);
        var inputs = AttentionInputs.Draw(attention, AttentionShape.Square(settings.Pattern, 3, 2, 17, 8), 1, ScalarType.Float32, CPU);

        var map = AttentionMap.Of(attention, inputs, seed: 1);

        Assert.True(map!.allclose(reference.Map(inputs)!, atol: 1e-5));
        Assert.True(map.sum(-1).allclose(ones(3, 2, 17), atol: 1e-5));
    }

    [Fact]
    public void A_window_shows_in_the_map()
    {
        using var scope = NewDisposeScope();
        using var attention = AttentionCatalogue.CreateOperator(
            "local/blocked", new AttentionSettings(AttentionPattern.CausalSelf, 1, 8), new Dictionary<string, string> { ["window"] = "4" });
        var inputs = AttentionInputs.Draw(attention, AttentionShape.Square(AttentionPattern.CausalSelf, 1, 1, 12, 8), 1, ScalarType.Float32, CPU);

        var map = AttentionMap.Of(attention, inputs, seed: 1)!;

        Assert.Equal(0, map[0, 0, 11, 2].item<float>());
        Assert.True(map[0, 0, 11, 10].item<float>() > 0);
    }

    [Fact]
    public void A_mechanism_with_negative_weights_has_no_map()
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        using var attention = AttentionCatalogue.CreateOperator("deltanet/recurrent", new AttentionSettings(AttentionPattern.CausalSelf, 1, 8));
        var inputs = AttentionInputs.Draw(attention, AttentionShape.Square(AttentionPattern.CausalSelf, 1, 1, 12, 8), 1, ScalarType.Float32, CPU);

        Assert.Null(AttentionMap.Of(attention, inputs, seed: 1));
    }
}
