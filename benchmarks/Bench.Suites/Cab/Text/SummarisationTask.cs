using Bench.Attention;
using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Data;
using Bench.Suites.Harness;
using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Text;

/// <summary>CAB's summarisation: an encoder and a decoder around noncausal self, causal self or causal cross attention.</summary>
public sealed class SummarisationTask : LearningTask<SummaryBatch>
{
    /// <summary>Bytes that a tokeniser is learned from.</summary>
    private const int LearnedFrom = 1_000_000;

    /// <inheritdoc />
    public override TaskEntry Entry { get; } = new()
    {
        Id = "cab/summarisation",
        Title = "Summarisation",
        Description = "A Transformer reads a document and writes its summary by greedy search; ROUGE against the reference.",
        Metrics =
        [
            TextMetrics.Rouge1, TextMetrics.Rouge2, TextMetrics.RougeL, TextMetrics.Perplexity,
            TextMetrics.Baseline(TextMetrics.Rouge1, "the document's first words"), TextMetrics.Baseline(TextMetrics.Rouge2, "the document's first words"),
            TextMetrics.Baseline(TextMetrics.RougeL, "the document's first words"),
            TaskMetrics.TrainTokensPerSecond, TaskMetrics.TrainLoss, TaskMetrics.TrainPeakMemoryBytes,
        ],
        Paper = "arXiv:2210.07661",
    };

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(ScaledParameters.Backbone)
    {
        [DataParameter] = "synthetic",
        ["attention"] = "cell",
        ["documentTokens"] = ScaledParameters.Auto,
        ["summaryTokens"] = ScaledParameters.Auto,
        ["sentences"] = "4",
        ["tokenizer"] = ScaledParameters.Auto,
        ["vocabulary"] = "512",
        ["smoothing"] = "0.1",
        ["heldRows"] = ScaledParameters.Auto,
        ["leastTokens"] = ScaledParameters.Auto,
    };

    /// <inheritdoc />
    protected override string StandinPackage => "spam-assassin";

    /// <inheritdoc />
    public override double EstimateSeconds(Cell cell, Budget budget)
    {
        var read = new ParameterReader(this, cell);
        var settings = Settings(read);
        return Math.Min(
            MostSeconds, 30 + (TextTasks.SecondsPerToken(cell) * cell.Batch * (settings.MaxSource + settings.MaxTarget) * (double)Recipe(read).Steps));
    }

    /// <inheritdoc />
    protected override IReadOnlyList<LayerPlace> Places(ParameterReader read)
    {
        // Read for its complaints.
        _ = new ScaledParameters(read).Attention();
        var (cell, settings) = (read.Cell, Settings(read));
        var expected = (
            Length: cell.Pattern == AttentionPattern.NoncausalSelf ? settings.MaxSource : settings.MaxTarget,
            Source: cell.Pattern.IsCross ? settings.MaxSource : (int?)null);
        if (cell.Length != expected.Length || (expected.Source is { } source && (cell.SourceLength ?? cell.Length) != source))
        {
            throw new ArgumentException($"With {settings.MaxSource} document and {settings.MaxTarget} summary tokens, a cell of {cell.Pattern.Name} has the length "
                + $"{expected.Length}{(expected.Source is { } m ? $" and the source length {m}" : "")}; change it, or 'documentTokens' and 'summaryTokens'.");
        }

        LayerPlace At(AttentionPattern pattern, int layer, int n, int m) => new(
            settings.Block.Attention(layer, settings.Layers) with { Pattern = pattern },
            new AttentionShape(pattern, cell.Batch, cell.Heads, n, m, cell.HeadSize, cell.HeadSize));
        return [.. Enumerable.Range(0, settings.Layers).SelectMany(layer => new[]
        {
            At(AttentionPattern.NoncausalSelf, layer, settings.MaxSource, settings.MaxSource),
            At(AttentionPattern.CausalSelf, layer, settings.MaxTarget, settings.MaxTarget),
            At(AttentionPattern.CausalCross, layer, settings.MaxTarget, settings.MaxSource),
        })];
    }

    /// <inheritdoc />
    protected override nn.Module CreateModel(ParameterReader read) => Build(read);

    /// <inheritdoc />
    protected override ILearner<SummaryBatch> CreateLearner(ParameterReader read, int seed)
    {
        var (cell, scaled, settings) = (read.Cell, new ScaledParameters(read), Settings(read));
        var pairs = Tier(read) switch
        {
            DataTier.Official => SummaryPairs.MultiNews(),
            DataTier.Standin => SummaryPairs.Mails(),
            _ => SummaryPairs.Synthetic(seed, read.Int("sentences", 1), 20_000, 256),
        };
        var tokenizer = Tokenizer(read, pairs);
        SummaryRows Rows(IReadOnlyList<SummaryPair> part) => new(part, tokenizer, settings.MaxTarget, settings.MaxSource);
        return new SummarisationLearner(
            Place(Build(read), cell), (Rows(pairs.Train), Rows(pairs.Validation), Rows(pairs.Test)), Target(cell), seed,
            new SummarisationSizes(cell.Batch, read.Number("smoothing"), scaled.Int("leastTokens", 0, 200), scaled.Int("heldRows", 64, 0)));
    }

    /// <inheritdoc />
    protected override TrainingRecipe Recipe(ParameterReader read)
    {
        var scaled = new ScaledParameters(read);
        return new TrainingRecipe
        {
            Steps = scaled.Int("steps", 1000, 50_000, 1),
            EvaluateEvery = scaled.Int("evaluateEvery", 250, 10_000, 1),
            LearningRate = scaled.Number("learningRate", 2e-3, 5e-4),
            Schedule = RateSchedule.InverseRoot(scaled.Int("warmup", 100, 1_000, 1)),
            Betas = (0.9, 0.98),
            WeightDecay = 0.01,
            AccumulateSteps = scaled.Int("accumulate", 1, 2, 1),
        };
    }

    /// <inheritdoc />
    protected override string? WhyNoData(ParameterReader read) =>
        (TokenizerName(read) == "gpt2" ? DataFolder.WhyNotOfficial("gpt2") : null)
        ?? Tier(read) switch
        {
            DataTier.Official => DataFolder.WhyNotOfficial("multi-news"),
            DataTier.Standin => DataFolder.WhyNotPackage(StandinPackage),
            _ => null,
        };

    private static ITokenizer Tokenizer(ParameterReader read, SummaryPairs pairs) => TokenizerName(read) switch
    {
        "bytes" => new ByteTokenizer(),
        "gpt2" => BytePairTokenizer.Load(DataFolder.Official("gpt2")),
        _ => BytePairTokenizer.Learn(Sample(pairs.Train), read.Int("vocabulary", 256)),
    };

    private static string TokenizerName(ParameterReader read) => new ScaledParameters(read).Text("tokenizer", "bpe", "gpt2") switch
    {
        var name and ("bytes" or "bpe" or "gpt2") => name,
        var other => throw new FormatException($"Parameter 'tokenizer' is '{other}'; it must be bytes, bpe or gpt2."),
    };

    /// <summary>Documents and summaries up to a length, to learn a tokeniser from.</summary>
    private static string Sample(IReadOnlyList<SummaryPair> pairs)
    {
        var sample = new System.Text.StringBuilder();
        for (var i = 0; i < pairs.Count && sample.Length < LearnedFrom; i++)
        {
            sample.Append(pairs[i].Document).Append('\n').Append(pairs[i].Summary).Append('\n');
        }

        return sample.ToString();
    }

    private static SummaryModel Build(ParameterReader read) => new(Settings(read), new ScaledParameters(read).Attention());

    private static SummarySettings Settings(ParameterReader read)
    {
        var (cell, scaled) = (read.Cell, new ScaledParameters(read));
        var vocabulary = TokenizerName(read) switch
        {
            "bytes" => 256,
            "bpe" => read.Int("vocabulary", 256),
            _ => SummarySettings.Cab.Vocabulary - SummaryRows.Marks,
        };
        return new SummarySettings(
            vocabulary + SummaryRows.Marks, scaled.Int("layers", 2, 6, 1), scaled.Width(8, 512), cell.Heads,
            scaled.Int("documentTokens", 64, 4096, 1), scaled.Int("summaryTokens", 16, 400, 2))
        {
            Dropout = scaled.Number("dropout", 0, 0.1),
        };
    }
}
