using System.Globalization;
using Bench.Attention;
using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Data;
using Bench.Suites.Harness;
using Bench.Suites.Training;

namespace Bench.Suites.Lra;

/// <summary>
/// A task of the Long Range Arena: classification of long sequences by an encoder around the attention, pattern noncausal-self. The parameter
/// <c>config</c> chooses published numbers (<see cref="LraConfigs"/>); every other parameter overrides one of them where it is not empty.
/// </summary>
public abstract class LraTask : LearningTask<LraBatch>
{
    /// <summary>Parameters of every task; an empty text takes the configuration's number.</summary>
    protected static IReadOnlyDictionary<string, string> Common { get; } = new Dictionary<string, string>
    {
        ["config"] = "small",
        ["layers"] = "",
        ["width"] = "",
        ["mlp"] = "",
        ["dropout"] = "",
        ["attentionDropout"] = "",
        ["pooling"] = "",
        ["positions"] = "",
        ["norm"] = "",
        ["input"] = "",
        ["hidesZeros"] = "",
        ["steps"] = "",
        ["learningRate"] = "",
        ["schedule"] = "",
        ["warmup"] = "",
        ["weightDecay"] = "",
        ["evaluations"] = "10",
        ["trainRows"] = "4000",
        ["validationRows"] = "500",
        ["testRows"] = "1000",
    };

    /// <summary>Tokens per second that small models train at on one core, for estimates.</summary>
    private const double TokensPerSecond = 20_000;

    private static readonly AttentionPattern[] Patterns = [AttentionPattern.NoncausalSelf];

    /// <inheritdoc />
    public override string? WhyNot(Cell cell)
    {
        if (!Patterns.Contains(cell.Pattern))
        {
            return $"'{Entry.Id}' is a task for {string.Join(", ", Patterns.Select(pattern => pattern.Name))}.";
        }

        return base.WhyNot(cell);
    }

    /// <inheritdoc />
    public override double EstimateSeconds(Cell cell, Budget budget)
    {
        var config = Config(new ParameterReader(this, cell));
        var tokens = (double)config.Steps * cell.Batch * cell.Length * (HasPairs ? 2 : 1);
        var size = Math.Max(1, config.Layers / 2.0 * config.Width / 64.0 * config.Width / 64.0);
        return Math.Min(MostSeconds, 10 + (tokens * size / TokensPerSecond));
    }

    /// <summary>V: ids of tokens, padding included.</summary>
    protected abstract int Vocabulary(ParameterReader read);

    /// <summary>C.</summary>
    protected abstract int Classes { get; }

    /// <summary>Whether rows are pairs of documents.</summary>
    protected virtual bool HasPairs => false;

    /// <summary>Tiers of data that the task has.</summary>
    protected abstract IReadOnlyList<DataTier> Tiers { get; }

    /// <summary>The three parts of the cell's data.</summary>
    /// <exception cref="ArgumentException">The parameters do not fit together; the message says what would.</exception>
    protected abstract LraData Load(ParameterReader read, DataTier tier);

    /// <summary>Why a tier's data cannot be used; null when they can.</summary>
    protected virtual string? WhyNoTier(ParameterReader read, DataTier tier) => null;

    /// <summary>What the task's own parameters forbid; null when they fit.</summary>
    /// <exception cref="FormatException">A parameter cannot be read.</exception>
    protected virtual string? WhyNotParameters(ParameterReader read) => null;

    /// <summary>Rows of each part as the cell asks for them.</summary>
    protected static LraCounts Counts(ParameterReader read) => new(read.Int("trainRows", 1), read.Int("validationRows", 1), read.Int("testRows", 1));

    /// <summary>Rows of released parts: all of them unless a parameter of the cell says how many.</summary>
    protected static LraCounts ReleasedCounts(ParameterReader read)
    {
        int Given(string name) => read.Cell.Parameters.ContainsKey(name) ? read.Int(name, 1) : 0;
        return new LraCounts(Given("trainRows"), Given("validationRows"), Given("testRows"));
    }

    /// <summary>The entry of a task with the metrics that every one has.</summary>
    private protected static TaskEntry Describe(string name, string title, string description, double randomGuess) => new()
    {
        Id = $"lra/{name}",
        Title = title,
        Description = description,
        Metrics =
        [
            Metric.Accuracy, Metric.TestLoss, TaskMetrics.TrainTokensPerSecond, TaskMetrics.TrainLoss, TaskMetrics.TrainPeakMemoryBytes,
        ],
        Paper = "arXiv:2011.04006",
        RandomGuess = randomGuess,
    };

    /// <inheritdoc />
    protected override string? WhyNoData(ParameterReader read)
    {
        var config = Config(read);
        var (cell, name) = (read.Cell, read.Text("config"));
        if (name != "small" && (cell.Heads != config.Heads || cell.HeadSize != config.HeadSize || cell.Batch != config.Batch))
        {
            return $"The published configuration '{name}' of '{Entry.Id}' has {config.Heads} heads of {config.HeadSize} and batches of {config.Batch}, "
                + $"not {cell.Heads} of {cell.HeadSize} and {cell.Batch}. Set those, or config: small for sizes of your own.";
        }

        var tier = Tier(read);
        return !Tiers.Contains(tier)
            ? $"'{Entry.Id}' has no {tier.ToString().ToLowerInvariant()} data; it has {string.Join(", ", Tiers.Select(one => one.ToString().ToLowerInvariant()))}."
            : WhyNotParameters(read) ?? WhyNoTier(read, tier);
    }

    /// <inheritdoc />
    protected override IReadOnlyList<LayerPlace> Places(ParameterReader read)
    {
        var config = Config(read);
        var (cell, places) = (read.Cell, Tokens(read.Cell, config));
        var rows = cell.Batch * (HasPairs ? 2 : 1);
        return
        [
            .. Enumerable.Range(0, config.Layers).Select(layer => new LayerPlace(
                Settings(cell, config, layer),
                new AttentionShape(cell.Pattern, rows, cell.Heads, places, places, cell.HeadSize, cell.HeadSize))),
        ];
    }

    /// <inheritdoc />
    protected override SequenceClassifier CreateModel(ParameterReader read)
    {
        var (cell, config) = (read.Cell, Config(read));
        return new SequenceClassifier(
            config, Vocabulary(read), Classes, HasPairs, cell.Length,
            layer => AttentionCatalogue.CreateLayer(cell.Implementation, Settings(cell, config, layer), cell.Options));
    }

    /// <inheritdoc />
    protected override ILearner<LraBatch> CreateLearner(ParameterReader read, int seed) =>
        new LraLearner(Place(CreateModel(read), read.Cell), Load(read, Tier(read)), read.Cell.Batch, seed, Target(read.Cell));

    /// <inheritdoc />
    protected override TrainingRecipe Recipe(ParameterReader read)
    {
        var config = Config(read);
        return new TrainingRecipe
        {
            Steps = config.Steps,
            EvaluateEvery = Math.Max(1, config.Steps / read.Int("evaluations", 1)),
            LearningRate = config.LearningRate,
            Schedule = config.Schedule switch
            {
                "rsqrt" => RateSchedule.InverseRootLra(config.Warmup),
                "cosine-cycles" => RateSchedule.CosineCyclesLra(config.Warmup, config.Steps),
                "cosine" => RateSchedule.Cosine(config.Steps, config.Warmup),
                var other => throw new FormatException($"Parameter 'schedule' is '{other}'; it must be rsqrt, cosine-cycles or cosine."),
            },
            Betas = (0.9, config.Beta2),
            Epsilon = config.Epsilon,
            WeightDecay = config.WeightDecay,
            ClipNorm = config.ClipNorm,
            SelectionMetric = Metric.Accuracy.Name,
        };
    }

    /// <summary>The cell's configuration with its overrides.</summary>
    /// <exception cref="FormatException">A parameter cannot be read; the message names it.</exception>
    private LraConfig Config(ParameterReader read)
    {
        var config = LraConfigs.Get(read.Text("config"), Entry.Id, read.Cell.Length);
        bool Given(string name) => read.Text(name).Length > 0;
        if (read.Text("config") == "small")
        {
            config = config with { Heads = read.Cell.Heads, HeadSize = read.Cell.HeadSize, Width = read.Cell.Heads * read.Cell.HeadSize, Batch = read.Cell.Batch };
            config = config with { Mlp = 2 * config.Width };
        }

        return config with
        {
            Layers = Given("layers") ? read.Int("layers", 1) : config.Layers,
            Width = Given("width") ? read.Int("width", 1) : config.Width,
            Mlp = Given("mlp") ? read.Int("mlp", 2) : config.Mlp,
            Dropout = Given("dropout") ? read.Number("dropout") : config.Dropout,
            AttentionDropout = Given("attentionDropout") ? read.Number("attentionDropout") : config.AttentionDropout,
            Pooling = Given("pooling") ? Choice<Pooling>(read, "pooling") : config.Pooling,
            Positions = Given("positions") ? Choice<PositionKind>(read, "positions") : config.Positions,
            Norm = Given("norm") ? Choice<NormKind>(read, "norm") : config.Norm,
            HidesZeros = Given("hidesZeros") ? read.Flag("hidesZeros") : config.HidesZeros,
            LinearInput = read.Text("input") switch
            {
                "" => config.LinearInput,
                "tokens" => false,
                "linear" => true,
                var other => throw new FormatException($"Parameter 'input' is '{other}'; it must be tokens or linear."),
            },
            Steps = Given("steps") ? read.Int("steps", 1) : config.Steps,
            LearningRate = Given("learningRate") ? read.Number("learningRate") : config.LearningRate,
            Schedule = Given("schedule") ? read.Text("schedule") : config.Schedule,
            // The warm-up keeps its share when only the number of steps is changed.
            Warmup = Given("warmup") ? read.Int("warmup", 1)
                : Given("steps") ? Math.Max(1, (int)((long)config.Warmup * read.Int("steps", 1) / config.Steps))
                : config.Warmup,
            WeightDecay = Given("weightDecay") ? read.Number("weightDecay") : config.WeightDecay,
        };
    }

    private static T Choice<T>(ParameterReader read, string name)
        where T : struct, Enum
    {
        var text = read.Text(name).Replace("-", "", StringComparison.Ordinal);
        return Enum.GetNames<T>().Any(known => string.Equals(known, text, StringComparison.OrdinalIgnoreCase))
            ? Enum.Parse<T>(text, ignoreCase: true)
            : throw new FormatException(
                $"Parameter '{name}' is '{read.Text(name)}'; it must be one of {string.Join(", ", Enum.GetNames<T>().Select(known => known.ToLower(CultureInfo.InvariantCulture)))}.");
    }

    private static int Tokens(Cell cell, LraConfig config) => cell.Length + (config.Pooling == Pooling.Class ? 1 : 0);

    private static AttentionSettings Settings(Cell cell, LraConfig config, int layer) => new(cell.Pattern, cell.Heads, cell.HeadSize)
    {
        ModelSize = config.Width,
        MaxLength = Tokens(cell, config),
        Layer = layer,
        Depth = config.Layers,
        Dropout = config.AttentionDropout,
        ProjectionBias = config.ProjectionBias,
    };
}
