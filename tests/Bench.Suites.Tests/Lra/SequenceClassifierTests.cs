using Bench.Attention;
using Bench.Domain.Matrix;
using Bench.Suites.Lra;
using static TorchSharp.torch;

namespace Bench.Suites.Tests.Lra;

public sealed class SequenceClassifierTests
{
    private const int Length = 12;

    private static LraConfig Tiny { get; } = LraConfigs.Get("small", "lra/text", Length) with { Width = 16, Heads = 2, HeadSize = 8, Mlp = 32 };

    /// <summary>
    /// Task, configuration, length, vocabulary, classes, and the parameters of the published model, added up by hand: embedding, class vector, learned
    /// places, blocks (two norms, four projections, perceptron; or one norm, four projections with biases, gate), last norm, head.
    /// </summary>
    public static TheoryData<string, string, int, int, int, long> Published => new()
    {
        { "original", "lra/listops", 2000, 16, 10, 8192 + 512 + (4 * (2048 + 1_048_576 + 1_050_112)) + 1024 + 535_562 },
        { "original", "lra/text", 1000, 257, 2, 65_792 + 256 + (4 * (1024 + 262_144 + 525_568)) + 512 + 265_218 },
        { "original", "lra/retrieval", 4000, 257, 2, 32_896 + 128 + (4 * (512 + 65_536 + 131_712)) + 256 + 131_584 + 131_328 + 514 },
        { "original", "lra/image", 1024, 256, 10, 32_768 + 128 + 131_200 + 512 + 32_768 + 33_024 + 256 + 17_802 },
        { "original", "lra/pathfinder", 1024, 256, 2, 8192 + (4 * (128 + 2048 + 2112)) + 64 + 1122 },
        { "original", "lra/pathfinder", 4096, 256, 2, 8192 + 32 + 131_104 + (2 * (128 + 4096 + 2112)) + 64 + 1122 },
        { "original", "lra/pathfinder", 16_384, 256, 2, 8192 + 524_288 + (128 + 2048 + 2112) + 64 + 1122 },
        { "s4", "lra/listops", 2048, 16, 10, 4096 + (6 * (512 + 263_168 + 131_584)) + 2570 },
        { "s4", "lra/text", 4096, 257, 2, 65_792 + (6 * (512 + 263_168 + 131_584)) + 512 + 514 },
        { "s4", "lra/retrieval", 4000, 257, 2, 65_792 + (6 * (512 + 263_168 + 131_584)) + 512 + 262_400 + 514 },
        { "s4", "lra/image", 1024, 256, 10, 1024 + (6 * (1024 + 1_050_624 + 525_312)) + 5130 },
        { "s4", "lra/pathfinder", 1024, 256, 2, 512 + (6 * (512 + 263_168 + 131_584)) + 512 + 514 },
    };

    [Theory, MemberData(nameof(Published))]
    public void Published_configurations_have_the_published_number_of_parameters(
        string name, string task, int length, int vocabulary, int classes, long expected)
    {
        using var model = Model(LraConfigs.Get(name, task, length), "softmax/sdpa", task is "lra/retrieval", length, vocabulary, classes);

        Assert.Equal(expected, model.parameters().Sum(parameter => parameter.numel()));
    }

    [Theory]
    [InlineData(Pooling.Class, NormKind.PreLayer, EncoderKind.Transformer)]
    [InlineData(Pooling.Mean, NormKind.PreLayer, EncoderKind.Transformer)]
    [InlineData(Pooling.Mean, NormKind.PreBatch, EncoderKind.Mixer)]
    [InlineData(Pooling.Mean, NormKind.PostLayer, EncoderKind.Mixer)]
    public void What_stands_in_the_padding_does_not_matter(Pooling pooling, NormKind norm, EncoderKind encoder)
    {
        using var scope = NewDisposeScope();
        using var model = Model(Tiny with { Pooling = pooling, Norm = norm, Encoder = encoder }, "softmax/sdpa", pairs: false);
        model.eval();
        var tokens = randint(1, 9, [3, Length], ScalarType.Int64);
        var lengths = tensor(new long[] { 5, Length, 1 });
        var changed = tokens.clone();
        changed[0, TensorIndex.Slice(5)] = 3;
        changed[2, TensorIndex.Slice(1)] = 7;

        Assert.True(model.forward(tokens, lengths).allclose(model.forward(changed, lengths), atol: 1e-6), "The padding changed a class.");
        changed[0, 4] = (tokens[0, 4] % 8) + 1;
        Assert.False(model.forward(tokens, lengths)[0].allclose(model.forward(changed, lengths)[0], atol: 1e-6), "A real token changed nothing.");
    }

    [Fact]
    public void Positions_are_seen()
    {
        using var scope = NewDisposeScope();
        foreach (var positions in new[] { PositionKind.Sinusoidal, PositionKind.Learned, PositionKind.None })
        {
            using var model = Model(Tiny with { Positions = positions }, "softmax/sdpa", pairs: false);
            model.eval();
            var tokens = randint(1, 9, [1, Length], ScalarType.Int64);
            var lengths = full([1], Length, ScalarType.Int64);

            var same = model.forward(tokens, lengths).allclose(model.forward(tokens.flip(1), lengths), atol: 1e-6);

            // A bag of tokens has no order.
            Assert.Equal(positions == PositionKind.None, same);
        }
    }

    [Fact]
    public void The_two_towers_share_their_weights_and_never_look_at_each_other()
    {
        using var scope = NewDisposeScope();
        using var model = Model(Tiny, "softmax/sdpa", pairs: true);
        model.eval();
        var encoder = (SequenceEncoder)model.children().First();
        var documents = randint(1, 9, [4, Length], ScalarType.Int64);
        var lengths = full([4], Length, ScalarType.Int64);

        var together = encoder.forward(documents, lengths);
        var apart = cat([.. Enumerable.Range(0, 4).Select(i => encoder.forward(documents.narrow(0, i, 1), lengths.narrow(0, i, 1)))]);

        Assert.True(together.allclose(apart, atol: 1e-5), "A document's vector depends on another document.");
        Assert.Equal([2, 10], model.forward(documents, lengths).shape);
    }

    [Fact]
    public void The_original_hides_black_pixels_like_padding()
    {
        using var scope = NewDisposeScope();
        using var hiding = Model(Tiny with { HidesZeros = true, Pooling = Pooling.Class, Positions = PositionKind.None }, "softmax/sdpa", pairs: false);
        hiding.eval();
        var lengths = full([1], Length, ScalarType.Int64);
        var tokens = tensor(new long[] { 3, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0 }).unsqueeze(0);
        var moved = tensor(new long[] { 3, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }).unsqueeze(0);

        Assert.True(hiding.forward(tokens, lengths).allclose(hiding.forward(moved, lengths), atol: 1e-6));
    }

    [Fact]
    public void A_seed_decides_all_that_is_drawn_in_training()
    {
        using var scope = NewDisposeScope();
        using var model = Model(Tiny with { Dropout = 0.3, AttentionDropout = 0.3 }, "softmax/sdpa", pairs: false);
        var (tokens, lengths) = (randint(1, 9, [2, Length], ScalarType.Int64), full([2], Length, ScalarType.Int64));

        Tensor Run(long seed)
        {
            model.Reseed(seed);
            return model.forward(tokens, lengths);
        }

        Assert.True(Run(1).equal(Run(1)).all().item<bool>());
        Assert.False(Run(1).allclose(Run(2)));
    }

    [Fact]
    public void The_bare_model_of_the_speed_comparison_is_the_same_function()
    {
        using var scope = NewDisposeScope();
        var config = LraConfigs.Get("original", "lra/text", Length) with { Width = 16, Heads = 2, HeadSize = 8, Mlp = 32, Layers = 2 };
        using var model = Model(config, "softmax/sdpa", pairs: false, vocabulary: ByteTokens.VocabularySize, classes: 2);
        using var bare = new BareTextModel(config, Length);
        model.eval();
        bare.eval();
        using (no_grad())
        {
            var theirs = bare.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
            foreach (var (name, parameter) in model.named_parameters())
            {
                theirs[BareName(name)].copy_(parameter.view(theirs[BareName(name)].shape));
            }
        }

        var tokens = randint(1, 9, [2, Length], ScalarType.Int64);
        tokens[0, TensorIndex.Slice(7)] = 0;

        Assert.True(model.forward(tokens, tensor(new long[] { 7, Length })).allclose(bare.forward(tokens), atol: 1e-5));
    }

    private static string BareName(string name) => name
        .Replace("encoder.", "", StringComparison.Ordinal).Replace("_tokens", "tokens", StringComparison.Ordinal).Replace("_class", "first", StringComparison.Ordinal)
        .Replace("_final.layer", "final", StringComparison.Ordinal).Replace("attention.q_proj", "query", StringComparison.Ordinal)
        .Replace("attention.k_proj", "key", StringComparison.Ordinal).Replace("attention.v_proj", "value", StringComparison.Ordinal)
        .Replace("attention.out_proj", "output", StringComparison.Ordinal);

    private static SequenceClassifier Model(LraConfig config, string implementation, bool pairs, int length = Length, int vocabulary = 16, int classes = 10)
    {
        manual_seed(5);
        return new SequenceClassifier(config, vocabulary, classes, pairs, length, layer => AttentionCatalogue.CreateLayer(
            implementation, new AttentionSettings(AttentionPattern.NoncausalSelf, config.Heads, config.HeadSize)
            {
                ModelSize = config.Width,
                MaxLength = length + 1,
                Layer = layer,
                Depth = config.Layers,
                Dropout = config.AttentionDropout,
                ProjectionBias = config.ProjectionBias,
            }));
    }
}
