using System.Globalization;
using Bench.Attention;
using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Harness;
using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Text;

/// <summary>CAB's language modelling: GPT-2 around causal self attention.</summary>
public sealed class LanguageModellingTask : LearningTask<TextBatch>
{
    /// <inheritdoc />
    public override TaskEntry Entry { get; } = new()
    {
        Id = "cab/language-modelling",
        Title = "Language modelling",
        Description = "GPT-2 predicts the next token of running text; also at shorter and longer contexts than it was trained with.",
        Metrics =
        [
            TextMetrics.Perplexity, TextMetrics.Baseline(TextMetrics.Perplexity, "a model of token frequencies"),
            .. new[] { 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 12288, 16384 }.Select(TextMetrics.PerplexityAt),
            TaskMetrics.TrainTokensPerSecond, TaskMetrics.TrainLoss, TaskMetrics.TrainPeakMemoryBytes,
        ],
        Paper = "arXiv:2210.07661",
    };

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(ScaledParameters.Backbone)
    {
        [DataParameter] = "standin",
        ["corpus"] = "pg19",
        ["tokenizer"] = ScaledParameters.Auto,
        ["vocabulary"] = "1024",
        ["positions"] = "sinusoidal",
        ["dropout"] = "0",
        ["heldTokens"] = ScaledParameters.Auto,
        ["contexts"] = "",
    };

    /// <inheritdoc />
    protected override string StandinPackage => "gcide";

    /// <inheritdoc />
    public override double EstimateSeconds(Cell cell, Budget budget) =>
        Math.Min(MostSeconds, 20 + (TextTasks.SecondsPerToken(cell) * cell.Batch * cell.Length * (double)Recipe(new ParameterReader(this, cell)).Steps));

    /// <inheritdoc />
    protected override IReadOnlyList<LayerPlace> Places(ParameterReader read)
    {
        var (cell, settings) = (read.Cell, Settings(read));
        var attention = Enumerable.Range(0, settings.Layers)
            .Select(layer => settings.Block.Attention(layer, settings.Layers) with { Pattern = AttentionPattern.CausalSelf });
        return [.. attention.SelectMany(place => Contexts(read).Append(cell.Length).Distinct().Select(length => new LayerPlace(
            place, new AttentionShape(place.Pattern, cell.Batch, cell.Heads, length, length, cell.HeadSize, cell.HeadSize))))];
    }

    /// <inheritdoc />
    protected override nn.Module CreateModel(ParameterReader read) => Build(read);

    /// <inheritdoc />
    protected override ILearner<TextBatch> CreateLearner(ParameterReader read, int seed)
    {
        var cell = read.Cell;
        return new LanguageModellingLearner(
            Place(Build(read), cell), TextSource.Of(read, Tier(read), seed), TextSource.Vocabulary(read), Target(cell),
            (cell.Batch, cell.Length, new ScaledParameters(read).Int("heldTokens", 32_768, 0), Contexts(read)));
    }

    /// <inheritdoc />
    protected override TrainingRecipe Recipe(ParameterReader read)
    {
        var scaled = new ScaledParameters(read);
        var rate = scaled.Number("learningRate", 2e-3, 5e-4);
        return new TrainingRecipe
        {
            Steps = scaled.Int("steps", 300, 125_000, 1),
            EvaluateEvery = scaled.Int("evaluateEvery", 50, 5_000, 1),
            LearningRate = rate,
            Schedule = RateSchedule.InverseRoot(scaled.Int("warmup", 50, 10_000, 1), 1e-7 / rate),
            Betas = (0.9, 0.999),
            WeightDecay = 0.01,
            AccumulateSteps = scaled.Int("accumulate", 1, 2, 1),
        };
    }

    /// <inheritdoc />
    protected override string? WhyNoData(ParameterReader read) => TextSource.WhyNot(read, Tier(read));

    private static GptModel Build(ParameterReader read) =>
        new(Settings(read), new BackboneAttention(read.Cell.Implementation, read.Cell.Pattern, read.Cell.Options));

    private static GptSettings Settings(ParameterReader read)
    {
        var (cell, scaled) = (read.Cell, new ScaledParameters(read));
        return new GptSettings(
            TextSource.Vocabulary(read), scaled.Int("layers", 2, 12, 1), scaled.Width(12, 768), cell.Heads, Contexts(read).Append(cell.Length).Max())
        {
            Dropout = read.Number("dropout"),
            LearnedPositions = read.Text("positions") switch
            {
                "sinusoidal" => false,
                "learned" => true,
                var other => throw new FormatException($"Parameter 'positions' is '{other}'; it must be sinusoidal or learned."),
            },
        };
    }

    private static int[] Contexts(ParameterReader read) =>
        [.. read.Text("contexts").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(length => int.Parse(length, CultureInfo.InvariantCulture))];
}
