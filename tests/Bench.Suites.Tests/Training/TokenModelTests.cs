using Bench.Attention;
using Bench.Domain.Matrix;
using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Tests.Training;

public sealed class TokenModelTests
{
    [Fact]
    public void The_small_model_of_zoology_has_as_many_parameters_as_the_authors()
    {
        // Counts of the authors' code: gated convolution and softmax, softmax twice with learned positions, gated convolution and Based with f = 8.
        Assert.Equal(38_080, Count(Model(AttentionPattern.CausalSelf, "conv", "softmax/sdpa")));
        Assert.Equal(54_400, Count(Model(AttentionPattern.CausalSelf, "softmax/sdpa", "softmax/sdpa")));
        Assert.Equal(30_656, Count(Model(AttentionPattern.CausalSelf, keySize: 8, "conv", "based-taylor/parallel")));
    }

    [Fact]
    public void Logits_at_chosen_positions_equal_those_rows_of_all_positions()
    {
        using var scope = NewDisposeScope();
        var model = Model(AttentionPattern.CausalSelf, "conv", "softmax/naive");
        model.eval();
        var tokens = randint(0, 256, [3, 64]);
        var positions = tensor(new long[] { 1, 64, 100, 191 });

        var all = model.forward(tokens).flatten(0, 1).matmul(model.get_parameter("_tokens.weight")!.t());

        Assert.True(model.Logits(tokens, positions).allclose(all.index_select(0, positions), rtol: 1e-4, atol: 1e-5));
    }

    [Fact]
    public void A_causal_model_does_not_see_later_tokens_and_a_noncausal_one_does()
    {
        using var scope = NewDisposeScope();

        Assert.True(Unchanged(AttentionPattern.CausalSelf));
        Assert.False(Unchanged(AttentionPattern.NoncausalSelf));

        static bool Unchanged(AttentionPattern pattern)
        {
            var model = Model(pattern, "conv", "softmax/naive");
            model.eval();
            var tokens = randint(0, 256, [1, 64]);
            var before = model.forward(tokens).narrow(1, 0, 40);
            tokens[.., 50] = (tokens[.., 50] + 1) % 256;
            return before.allclose(model.forward(tokens).narrow(1, 0, 40), atol: 1e-6);
        }
    }

    [Fact]
    public void A_cross_model_answers_from_its_source()
    {
        using var scope = NewDisposeScope();
        var model = Model(AttentionPattern.NoncausalCross, "conv", "softmax/naive");
        model.eval();
        var (target, positions, source) = (randint(0, 256, [2, 5]), arange(10), randint(0, 256, [2, 12]));

        var before = model.Logits(target, positions, source);
        source[1] = (source[1] + 1) % 256;
        var after = model.Logits(target, positions, source);

        Assert.True(before.narrow(0, 0, 5).allclose(after.narrow(0, 0, 5), atol: 1e-6));
        Assert.False(before.narrow(0, 5, 5).allclose(after.narrow(0, 5, 5), atol: 1e-6));
    }

    [Fact]
    public void Watching_shows_the_inputs_of_every_attention_layer()
    {
        using var scope = NewDisposeScope();
        var model = Model(AttentionPattern.CausalSelf, "conv", "softmax/naive", "softmax/naive");
        var seen = new List<(int Mixer, long[] Shape)>();

        model.Watch(randint(0, 256, [2, 64]), null, (mixer, _, inputs) => seen.Add((mixer, inputs.Hidden.shape)));

        Assert.Equal([1, 2], seen.Select(one => one.Mixer));
        Assert.All(seen, one => Assert.Equal([2, 64, 64], one.Shape));
    }

    private static long Count(TokenModel model) => model.parameters().Sum(parameter => parameter.numel());

    private static TokenModel Model(AttentionPattern pattern, params string[] layout) => Model(pattern, 64, layout);

    private static TokenModel Model(AttentionPattern pattern, int keySize, params string[] layout)
    {
        manual_seed(1);
        var settings = new AttentionSettings(pattern, 1, keySize) { ValueSize = 64, ModelSize = 64, MaxLength = 64 };
        var sizes = new TokenModelSizes(256, 64, 64, !layout.Contains("conv"), 0.1, pattern.IsCross);
        return new TokenModel(sizes, [.. layout.Select(nn.Module<Tensor, Tensor> (name) =>
            name == "conv" ? new ShortConvolutionMixer(64) : new AttentionMixer(AttentionCatalogue.CreateLayer(name, settings)))]);
    }
}
