using Bench.Attention;
using Bench.Domain.Matrix;
using Bench.Suites.Harness;
using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Lra;

/// <summary>
/// Training speed of the engine with the arena's original text model and softmax attention, against a loop of torch's own modules and optimiser
/// with the same model, rows and recipe, in the same process. Blocks of steps alternate; the processor's time counts, which a busy machine
/// hardly lengthens, and the best block of each.
/// </summary>
/// <param name="Length">N, bytes of a text.</param>
/// <param name="Batch">Rows of a step.</param>
/// <param name="Steps">Steps of a block.</param>
/// <param name="Rounds">Blocks of each side.</param>
/// <param name="Threads">Threads of torch.</param>
public sealed record TrainingComparison(int Length, int Batch, int Steps, int Rounds, int Threads)
{
    private const int Rows = 256;
    private const double Rate = 1e-3;

    /// <summary>Trains both, in turn.</summary>
    /// <returns>Tokens per second of processor time of the engine and of the bare loop, and parameters of both models.</returns>
    public TrainingRatio Run()
    {
        set_num_threads(Threads);
        var config = LraConfigs.Get("original", "lra/text", Length);
        var text = new MarkovText();
        var data = LraData.Split(Length, new LraCounts(Rows, 1, 1), GeneratedRows.Make(new LraCounts(Rows, 1, 1), row => text.Row(row, Length)));
        manual_seed(1);
        using var bare = new BareTextModel(config, Length);
        using var model = new SequenceClassifier(config, ByteTokens.VocabularySize, 2, pairs: false, Length, layer => AttentionCatalogue.CreateLayer(
            "softmax/sdpa", new AttentionSettings(AttentionPattern.NoncausalSelf, config.Heads, config.HeadSize)
            {
                ModelSize = config.Width,
                MaxLength = Length + 1,
                Layer = layer,
                Depth = config.Layers,
                Dropout = config.AttentionDropout,
                ProjectionBias = config.ProjectionBias,
            }));
        using var learner = new Untested(new LraLearner(model, data, Batch, seed: 1, CPU));
        using var optimiser = optim.AdamW(bare.parameters(), lr: Rate, beta1: 0.9, beta2: config.Beta2, eps: config.Epsilon, weight_decay: config.WeightDecay);
        var recipe = new TrainingRecipe
        {
            Steps = Steps,
            EvaluateEvery = Steps,
            LearningRate = Rate,
            Betas = (0.9, config.Beta2),
            Epsilon = config.Epsilon,
            WeightDecay = config.WeightDecay,
        };
        var (engineSeconds, bareSeconds) = (double.PositiveInfinity, double.PositiveInfinity);
        // The first block of each compiles kernels and fills caches.
        for (var round = 0; round <= Rounds; round++)
        {
            var engine = Time(() =>
            {
                using var loop = new TrainingLoop<LraBatch>(learner, recipe, seed: 1);
                loop.Run((_, _) => { });
            });
            var plain = Time(() => TrainBare(bare, optimiser, data));
            if (round > 0)
            {
                (engineSeconds, bareSeconds) = (Math.Min(engineSeconds, engine), Math.Min(bareSeconds, plain));
            }
        }

        var tokens = (double)Steps * Batch * Length;
        return new TrainingRatio(
            tokens / engineSeconds, tokens / bareSeconds,
            model.parameters().Sum(parameter => parameter.numel()), bare.parameters().Sum(parameter => parameter.numel()));
    }

    private void TrainBare(BareTextModel model, optim.Optimizer optimiser, LraData data)
    {
        model.train();
        var rows = new int[Batch];
        for (var step = 0; step < Steps; step++)
        {
            using var scope = NewDisposeScope();
            for (var i = 0; i < Batch; i++)
            {
                rows[i] = ((step * Batch) + i) % data.Train.Count;
            }

            var batch = data.Train.Cut(rows);
            var loss = nn.functional.cross_entropy(model.forward(ArrayTensor.Of(batch.Inputs, CPU, Batch, Length)), ArrayTensor.Of(batch.Labels, CPU, Batch));
            optimiser.zero_grad();
            loss.backward();
            optimiser.step();
            loss.item<float>();
        }
    }

    private static double Time(Action action)
    {
        var start = ProcessorClock.Seconds();
        action();
        return ProcessorClock.Seconds() - start;
    }

    /// <summary>The learner without its evaluations, which the bare loop does not have either.</summary>
    private sealed class Untested(ILearner<LraBatch> learner) : ILearner<LraBatch>
    {
        public nn.Module Model => learner.Model;

        public LraBatch MakeBatch(long step) => learner.MakeBatch(step);

        public Tensor Loss(LraBatch batch) => learner.Loss(batch);

        public long Tokens(LraBatch batch) => learner.Tokens(batch);

        public SortedDictionary<string, double> Evaluate(EvaluationSplit split) => new(StringComparer.Ordinal);

        public void Reseed(long seed) => learner.Reseed(seed);

        public void Dispose() => learner.Dispose();
    }
}

/// <summary>What <see cref="TrainingComparison"/> found.</summary>
/// <param name="TokensPerSecond">Of the engine.</param>
/// <param name="BareTokensPerSecond">Of the bare loop.</param>
/// <param name="Parameters">Of the engine's model.</param>
/// <param name="BareParameters">Of the bare model; equal when both are the same.</param>
public sealed record TrainingRatio(double TokensPerSecond, double BareTokensPerSecond, long Parameters, long BareParameters)
{
    /// <summary>Engine over bare loop.</summary>
    public double Ratio => TokensPerSecond / BareTokensPerSecond;
}
