using Bench.Attention;
using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Harness;
using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Text;

/// <summary>CAB's masked language modelling: RoBERTa around noncausal self attention.</summary>
public sealed class MaskedLanguageModellingTask : LearningTask<TextBatch>
{
    /// <inheritdoc />
    public override TaskEntry Entry { get; } = new()
    {
        Id = "cab/masked-language-modelling",
        Title = "Masked language modelling",
        Description = "RoBERTa predicts masked tokens of running text from both sides; reported on validation text, as CAB does.",
        Metrics =
        [
            TextMetrics.Perplexity, TextMetrics.Baseline(TextMetrics.Perplexity, "a model of token frequencies"),
            TaskMetrics.TrainTokensPerSecond, TaskMetrics.TrainLoss, TaskMetrics.TrainPeakMemoryBytes,
        ],
        Paper = "arXiv:2210.07661",
    };

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(ScaledParameters.Backbone)
    {
        [DataParameter] = "standin",
        ["attention"] = "cell",
        ["corpus"] = "pg19",
        ["tokenizer"] = ScaledParameters.Auto,
        ["vocabulary"] = "1024",
        ["heldTokens"] = ScaledParameters.Auto,
    };

    /// <inheritdoc />
    protected override string StandinPackage => "gcide";

    /// <inheritdoc />
    public override double EstimateSeconds(Cell cell, Budget budget) =>
        Math.Min(MostSeconds, 20 + (TextTasks.SecondsPerToken(cell) * cell.Batch * cell.Length * (double)Recipe(new ParameterReader(this, cell)).Steps));

    /// <inheritdoc />
    protected override IReadOnlyList<LayerPlace> Places(ParameterReader read)
    {
        // Read for its complaints.
        _ = new ScaledParameters(read).Attention();
        var (cell, settings) = (read.Cell, Settings(read));
        return [.. Enumerable.Range(0, settings.Layers).Select(layer => new LayerPlace(
            settings.Block.Attention(layer, settings.Layers) with { Pattern = AttentionPattern.NoncausalSelf },
            new AttentionShape(AttentionPattern.NoncausalSelf, cell.Batch, cell.Heads, cell.Length, cell.Length, cell.HeadSize, cell.HeadSize)))];
    }

    /// <inheritdoc />
    protected override nn.Module CreateModel(ParameterReader read) => Build(read);

    /// <inheritdoc />
    protected override ILearner<TextBatch> CreateLearner(ParameterReader read, int seed)
    {
        var cell = read.Cell;
        return new MaskedLanguageModellingLearner(
            Place(Build(read), cell), TextSource.Of(read, Tier(read), seed), Target(cell), (cell.Batch, cell.Length, TextSource.Vocabulary(read)),
            new ScaledParameters(read).Int("heldTokens", 32_768, 0));
    }

    /// <inheritdoc />
    protected override TrainingRecipe Recipe(ParameterReader read)
    {
        var scaled = new ScaledParameters(read);
        var steps = scaled.Int("steps", 300, 125_000, 1);
        return new TrainingRecipe
        {
            Steps = steps,
            EvaluateEvery = scaled.Int("evaluateEvery", 50, 5_000, 1),
            LearningRate = scaled.Number("learningRate", 2e-3, 3e-4),
            Schedule = RateSchedule.Polynomial(steps, scaled.Int("warmup", 50, 5_000, 1)),
            Betas = (0.9, 0.98),
            Epsilon = 1e-6,
            WeightDecay = 0.01,
            AccumulateSteps = scaled.Int("accumulate", 1, 4, 1),
        };
    }

    /// <inheritdoc />
    protected override string? WhyNoData(ParameterReader read) => TextSource.WhyNot(read, Tier(read));

    private static RobertaModel Build(ParameterReader read) => new(Settings(read), new ScaledParameters(read).Attention());

    private static RobertaSettings Settings(ParameterReader read)
    {
        var (cell, scaled) = (read.Cell, new ScaledParameters(read));
        return new RobertaSettings(
            TextSource.Vocabulary(read) + 1, scaled.Int("layers", 2, 12, 1), scaled.Width(12, 768), cell.Heads, cell.Length)
        {
            Dropout = scaled.Number("dropout", 0, 0.1),
        };
    }
}
