using Bench.Domain.Matrix;
using Bench.Suites.Cab;
using Bench.Suites.Cab.Speech;
using Bench.Suites.Cab.Text;
using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Tests.Cab;

/// <summary>What a resume needs of a learner: a batch is a function of its step, a loss one of batch, weights and seed.</summary>
public sealed class LearnerTests
{
    private static readonly BackboneAttention Softmax = new("softmax/sdpa", AttentionPattern.CausalSelf);

    [Fact]
    public void Summaries_repeat_themselves()
    {
        var pairs = SummaryPairs.Synthetic(1, sentences: 2, train: 20, held: 4);
        SummaryRows Rows(IReadOnlyList<SummaryPair> part) => new(part, new ByteTokenizer(), length: 8, sourceLength: 16);
        manual_seed(1);
        using var learner = new SummarisationLearner(
            new SummaryModel(new SummarySettings(259, 1, 16, 2, 16, 8), Softmax), (Rows(pairs.Train), Rows(pairs.Validation), Rows(pairs.Test)), CPU, 1,
            new SummarisationSizes(3, 0.1, 0, 4));

        Repeats(learner, batch => batch.Source);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Speech_repeats_itself(bool fast)
    {
        var corpus = SyntheticSpeech.Make(1, letters: 5, train: 12, held: 1);
        var settings = new TransformerTtsSettings
        {
            Vocabulary = corpus.Vocabulary,
            Layers = 1,
            Width = 16,
            Heads = 2,
            EncoderConvolutions = 1,
            PrenetWidth = 8,
            PostnetConvolutions = 2,
            PostnetWidth = 8,
        };
        manual_seed(1);
        ISpeaker speaker = fast
            ? new FastSpeech2Speaker(new FastSpeech2(
                new FastSpeech2Settings { Vocabulary = corpus.Vocabulary, Layers = 1, Width = 16, Inner = 16, Kernel = 3, PredictorWidth = 8, Bins = 8 }, Softmax))
            : new TransformerTtsSpeaker(new TransformerTts(settings, Softmax), settings);
        using var learner = new SpeechLearner(speaker, corpus, new SpeechFeatures(corpus, fast), CPU, seed: 1, rows: 3, held: 1);

        Repeats(learner, batch => batch.Mel);
    }

    private static void Repeats<TBatch, T>(ILearner<TBatch> learner, Func<TBatch, T[]> content)
        where TBatch : class
    {
        var first = learner.MakeBatch(7);
        Assert.NotEqual(content(first), content(learner.MakeBatch(8)));
        Assert.Equal(content(first), content(learner.MakeBatch(7)));
        Assert.True(learner.Tokens(first) > 0);

        var loss = Loss(learner, first, 3);
        Assert.Equal(loss, Loss(learner, first, 3));
        // Dropout differs with the seed.
        Assert.NotEqual(loss, Loss(learner, first, 4));
    }

    private static float Loss<TBatch>(ILearner<TBatch> learner, TBatch batch, long seed)
        where TBatch : class
    {
        using var scope = NewDisposeScope();
        learner.Model.train();
        learner.Reseed(seed);
        return learner.Loss(batch).item<float>();
    }
}
