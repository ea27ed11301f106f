using Bench.Attention;
using Bench.Domain.Matrix;
using Bench.Suites.Cab;
using Bench.Suites.Cab.Speech;
using Bench.Suites.Cab.Text;
using static TorchSharp.torch;

namespace Bench.Suites.Tests.Cab;

public sealed class BackboneTests
{
    private const string Efficient = "linear-attention/parallel";

    public static TheoryData<string, AttentionPattern, int, int> Places => new()
    {
        // backbone, pattern of the cell, its places, other places
        { "gpt", AttentionPattern.CausalSelf, 2, 0 },
        { "roberta", AttentionPattern.NoncausalSelf, 2, 0 },
        { "summary", AttentionPattern.NoncausalSelf, 2, 4 },
        { "summary", AttentionPattern.CausalSelf, 2, 4 },
        { "summary", AttentionPattern.CausalCross, 2, 4 },
        { "transformer-tts", AttentionPattern.NoncausalSelf, 2, 4 },
        { "transformer-tts", AttentionPattern.CausalSelf, 2, 4 },
        { "transformer-tts", AttentionPattern.CausalCross, 2, 4 },
        { "fastspeech2", AttentionPattern.NoncausalSelf, 4, 0 },
    };

    [Theory, MemberData(nameof(Places))]
    public void Only_the_attention_of_the_cells_pattern_is_replaced(string backbone, AttentionPattern pattern, int own, int others)
    {
        using var model = Build(backbone, new BackboneAttention(Efficient, pattern));
        var operators = model.modules().OfType<AttentionOperator>().Distinct().ToList();
        var type = AttentionCatalogue.Get(Efficient).Type;
        var softmax = AttentionCatalogue.Get("softmax/sdpa").Type;

        Assert.Equal(own, operators.Count(attention => attention.GetType() == type));
        Assert.Equal(others, operators.Count(attention => attention.GetType() == softmax));
        Assert.All(operators.Where(attention => attention.GetType() == type), attention => Assert.Equal(pattern, attention.Settings.Pattern));
        Assert.All(operators.Where(attention => attention.GetType() == softmax), attention => Assert.NotEqual(pattern, attention.Settings.Pattern));
    }

    [Theory]
    [InlineData("roberta", 0)]
    [InlineData("summary", 4)]
    [InlineData("fastspeech2", 0)]
    public void Without_noncausal_self_attention_only_the_others_are_left(string backbone, int left)
    {
        var attention = new BackboneAttention("softmax/sdpa", AttentionPattern.NoncausalSelf) { WithoutSelfAttention = true };
        using var model = Build(backbone, attention);
        var found = model.modules().OfType<AttentionOperator>().Distinct().ToList();

        Assert.Equal(left, found.Count);
        Assert.DoesNotContain(found, attention => attention.Settings.Pattern == AttentionPattern.NoncausalSelf);
    }

    [Fact]
    public void Gpt_does_not_see_later_tokens_and_reads_beyond_its_length()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using var model = (GptModel)Build("gpt", new BackboneAttention("softmax/sdpa", AttentionPattern.CausalSelf));
        model.eval();
        var tokens = randint(20, [2, 24], ScalarType.Int64);
        var other = tokens.clone();
        other[.., 9] = (tokens[.., 9] + 1) % 20;

        var (one, two) = (model.forward(tokens), model.forward(other));

        Assert.True(one[.., ..9].allclose(two[.., ..9], atol: 1e-5));
        Assert.False(one[.., 9..].allclose(two[.., 9..], atol: 1e-3));
        Assert.Equal([2, 24, 20], one.shape);
    }

    [Fact]
    public void Roberta_sees_both_sides_at_the_chosen_places_only()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using var model = (RobertaModel)Build("roberta", new BackboneAttention("softmax/sdpa", AttentionPattern.NoncausalSelf));
        model.eval();
        var tokens = randint(20, [2, 16], ScalarType.Int64);
        var later = tokens.clone();
        later[0, 15] = (tokens[0, 15] + 1) % 20;
        var chosen = tensor([3L, 18L]);

        var (one, two) = (model.forward(tokens, chosen), model.forward(later, chosen));

        Assert.Equal([2, 20], one.shape);
        Assert.False(one[0].allclose(two[0], atol: 1e-6));
        Assert.True(one[1].allclose(two[1], atol: 1e-6));
    }

    [Theory]
    [InlineData("softmax/sdpa")]
    [InlineData(Efficient)]
    public void The_summariser_ignores_later_targets_and_padded_source(string implementation)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using var model = (SummaryModel)Build("summary", new BackboneAttention(implementation, AttentionPattern.CausalSelf));
        model.eval();
        var source = randint(20, [2, 16], ScalarType.Int64);
        var target = randint(20, [2, 8], ScalarType.Int64);
        var mask = ones(2, 16, dtype: ScalarType.Bool);
        mask[.., 12..] = false;
        var (junk, later) = (source.clone(), target.clone());
        junk[.., 12..] = 7L;
        later[.., 5] = (target[.., 5] + 1) % 20;

        var one = model.Decode(target, model.Encode(source, mask), mask);

        Assert.True(one.allclose(model.Decode(target, model.Encode(junk, mask), mask), atol: 1e-5));
        Assert.True(one[.., ..5].allclose(model.Decode(later, model.Encode(source, mask), mask)[.., ..5], atol: 1e-5));
        Assert.False(one[.., 5..].allclose(model.Decode(later, model.Encode(source, mask), mask)[.., 5..], atol: 1e-3));
    }

    [Fact]
    public void Greedy_search_writes_what_the_decoder_finds_likeliest()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        using var model = (SummaryModel)Build("summary", new BackboneAttention("softmax/sdpa", AttentionPattern.CausalCross));
        model.eval();
        var source = randint(17, [3, 16], ScalarType.Int64);

        var written = model.Write(source, null, start: 18, end: 19, least: 4, most: 8);

        Assert.Equal(3, written.Count);
        Assert.All(written, tokens => Assert.InRange(tokens.Length, 4, 8));
        for (var row = 0; row < 3; row++)
        {
            // Every written token is the argmax after the ones before it, with a decoder that is given exactly those.
            for (var step = 0; step < written[row].Length; step++)
            {
                var before = tensor([18L, .. written[row].Take(step).Select(token => (long)token)]).unsqueeze(0);
                var logits = model.forward(source[row].unsqueeze(0), before)[0, step];
                if (step < 4)
                {
                    logits[19] = float.NegativeInfinity;
                }

                Assert.Equal(logits.argmax().item<long>(), written[row][step]);
            }
        }
    }

    [Fact]
    public void Fastspeech2_repeats_states_by_their_durations()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using var model = (FastSpeech2)Build("fastspeech2", new BackboneAttention("softmax/sdpa", AttentionPattern.NoncausalSelf));
        model.eval();
        var text = tensor([1L, 2L, 3L, 1L, 2L, 0L]).view(2, 3);
        var durations = tensor([2L, 0L, 3L, 1L, 1L, 0L]).view(2, 3);

        var said = model.Speak(text, (durations, zeros(2, 3), zeros(2, 3)));

        Assert.Equal([2, 5, 8], said.Mel.shape);
        Assert.Equal([5L, 2L], said.FrameMask.sum(1).data<long>().ToArray());
        Assert.Equal([2, 3], said.LogDurations.shape);
        // Padding does not change the second row.
        var alone = model.Speak(tensor([1L, 2L]).view(1, 2), (tensor([1L, 1L]).view(1, 2), zeros(1, 2), zeros(1, 2)));
        Assert.Equal([1, 2, 8], alone.Mel.shape);
    }

    [Fact]
    public void Transformer_tts_does_not_hear_later_frames_and_speaks_a_bounded_time()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using var model = (TransformerTts)Build("transformer-tts", new BackboneAttention("softmax/sdpa", AttentionPattern.CausalSelf));
        model.eval();
        var text = tensor([1L, 2L, 3L, 4L]).view(1, 4);
        var before = randn(1, 6, 16);
        var later = before.clone();
        later[.., 4] += 1;
        TransformerTtsOutputs Decode(Tensor frames)
        {
            Dropouts.Reseed(model, 5);
            return model.Decode(frames, model.Encode(text), text);
        }

        var (one, two) = (Decode(before), Decode(later));

        Assert.True(one.Coarse[.., ..4].allclose(two.Coarse[.., ..4], atol: 1e-5));
        Assert.False(one.Coarse[.., 4..].allclose(two.Coarse[.., 4..], atol: 1e-3));
        Assert.True(one.Stop[.., ..4].allclose(two.Stop[.., ..4], atol: 1e-5));
        var (mel, frames) = model.Speak(text, most: 3);
        Assert.Equal([1, 6, 8], mel.shape);
        Assert.InRange(frames[0], 2, 6);
    }

    private static nn.Module Build(string backbone, BackboneAttention attention) => backbone switch
    {
        "gpt" => new GptModel(new GptSettings(20, 2, 16, 2, 16), attention),
        "roberta" => new RobertaModel(new RobertaSettings(20, 2, 16, 2, 16), attention),
        "summary" => new SummaryModel(new SummarySettings(20, 2, 16, 2, 16, 8), attention),
        "fastspeech2" => new FastSpeech2(
            new FastSpeech2Settings { Vocabulary = 6, Layers = 2, Width = 16, Inner = 16, Kernel = 3, PredictorWidth = 8, Bins = 8, Bands = 8, MaxLength = 32 }, attention),
        _ => new TransformerTts(
            new TransformerTtsSettings
            {
                Vocabulary = 6,
                Layers = 2,
                Width = 16,
                Heads = 2,
                Bands = 8,
                FramesPerStep = 2,
                EncoderConvolutions = 1,
                PrenetWidth = 8,
                PostnetConvolutions = 2,
                PostnetWidth = 8,
                MaxLength = 32,
            },
            attention),
    };
}
