using System.Diagnostics;
using System.Globalization;
using Bench.Attention;
using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Harness;
using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Recall;

/// <summary>
/// A recall task: trains a small token model around the attention and reports the accuracy over scored positions. Every row of a table
/// uses the same model, data, learning-rate grid and stop rule; only the mixer differs.
/// </summary>
public abstract class RecallTask : BenchTask
{
    /// <summary>Stands for the cell's implementation in the parameter <c>layout</c>.</summary>
    public const string OwnMixer = "*";

    /// <summary>Stands for the gated short convolution in the parameter <c>layout</c>.</summary>
    public const string ShortConvolution = "conv";

    /// <summary>Parameters that every recall task has.</summary>
    protected static IReadOnlyDictionary<string, string> Common { get; } = new Dictionary<string, string>
    {
        ["layout"] = "conv,*",
        ["learningRates"] = "0.001,0.00316,0.01",
        ["epochs"] = "32",
        ["batch"] = "64",
        ["trainRows"] = "10000",
        ["testRows"] = "1000",
        ["positions"] = "auto",
    };

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters => Common;

    /// <inheritdoc />
    public override string? WhyNot(Cell cell)
    {
        if (cell.Pattern != AttentionPattern.CausalSelf)
        {
            return $"'{Entry.Id}' is a causal-self task.";
        }

        if (WhyNotInCatalogue(cell) is { } reason)
        {
            return reason;
        }

        try
        {
            var read = new ParameterReader(this, cell);
            Source(read);
            var depth = read.Text("layout").Split(',', StringSplitOptions.TrimEntries).Count(name => name == OwnMixer);
            using var layer = AttentionCatalogue.CreateLayer(cell.Implementation, Settings(cell, 0, Math.Max(1, depth)), cell.Options);
            return layer.WhyNot(AttentionShape.Square(cell.Pattern, cell.Batch, cell.Heads, cell.Length, cell.HeadSize));
        }
        catch (Exception mistake) when (mistake is ArgumentException or FormatException)
        {
            return mistake.Message;
        }
    }

    /// <inheritdoc />
    public override double EstimateSeconds(Cell cell, Budget budget)
    {
        var read = new ParameterReader(this, cell);
        var steps = Plan(read) is var plan ? (double)plan.LearningRates.Count * plan.Epochs * plan.TrainRows / plan.Batch : 0;
        // A step of the published small model takes some 15 ms on one core; wider and longer ones scale with tokens and width.
        return 5 + steps * 0.02 * Math.Max(1, (double)cell.Length / 64 * cell.Heads * cell.HeadSize / 64);
    }

    /// <inheritdoc />
    public override IReadOnlyList<CellPart> Parts(Cell cell, Budget budget) => [new CellPart("train", AllocatorKind.Retaining)];

    /// <inheritdoc />
    public override PartResult Run(CellPart part, CellContext context)
    {
        var cell = context.Cell;
        set_num_threads(context.Budget.Threads);
        var clock = Stopwatch.StartNew();
        context.Report(new PartProgress("setup", 0));
        var read = new ParameterReader(this, cell);
        var plan = Plan(read);
        using var scope = NewDisposeScope();
        var source = Source(read);
        var train = Rows(source, TokenTasks.TrainSeed(context.Seed), plan.TrainRows);
        var test = Rows(TestSource(read), TokenTasks.TestSeed(context.Seed), plan.TestRows);
        var setup = clock.Elapsed.TotalSeconds;
        var outcomes = new List<TrainingOutcome>();
        long parameters = 0, state = 0;
        foreach (var rate in plan.LearningRates)
        {
            manual_seed(context.Seed);
            using var model = Build(read, cell);
            parameters = model.parameters().Sum(parameter => parameter.numel());
            state = StateBytes(model, cell);
            var done = (double)outcomes.Count / plan.LearningRates.Count;
            outcomes.Add(TokenTrainer.Train(model, train, test, plan, rate, (share, message) => context.Report(
                new PartProgress("train", done + (share / plan.LearningRates.Count), $"rate {rate:0.#####} {message}"))));
        }

        var best = outcomes.MaxBy(outcome => outcome.Accuracy)!;
        return new PartResult
        {
            Metrics =
            [
                MetricSamples.Of(Metric.Accuracy, best.Accuracy),
                MetricSamples.Of(Metric.TestLoss, best.Loss),
                MetricSamples.Of(Metric.TrainStepsPerSecond, outcomes.Sum(outcome => outcome.Steps) / outcomes.Sum(outcome => outcome.TrainSeconds)),
                MetricSamples.Of(Metric.StateSizeBytes, state),
            ],
            LearningCurve = best.Curve,
            Facts = new(StringComparer.Ordinal)
            {
                ["learningRate"] = best.LearningRate,
                ["bestOf"] = plan.LearningRates.Count,
                ["parameters"] = parameters,
                ["steps"] = best.Steps,
            },
            Correctness = new CorrectnessReport { Checked = false },
            Environment = EnvironmentProbe.OfProcess(context.Budget, context.Cell.Device),
            PhaseSeconds = new(StringComparer.Ordinal)
            {
                ["setup"] = setup,
                ["train"] = outcomes.Sum(outcome => outcome.TrainSeconds),
                ["evaluate"] = outcomes.Sum(outcome => outcome.EvaluateSeconds),
            },
        };
    }

    /// <summary>The data of a cell.</summary>
    /// <exception cref="ArgumentException">The task's own parameters do not fit together; the message says what would.</exception>
    protected abstract ITokenTask Source(ParameterReader read);

    /// <summary>
    /// Where test rows come from; differs from <see cref="Source"/> where only answers are scored in tests, or facts are asked differently.
    /// </summary>
    protected virtual ITokenTask TestSource(ParameterReader read) => Source(read);

    /// <summary>The entry of a task with the metrics that every recall task has.</summary>
    private protected static TaskEntry Describe(string name, string title, string description, string paper, double? randomGuess = null) => new()
    {
        Id = $"recall/{name}",
        Title = title,
        Description = description,
        Metrics = [Metric.Accuracy, Metric.TestLoss, Metric.TrainStepsPerSecond, Metric.StateSizeBytes],
        Paper = paper,
        RandomGuess = randomGuess,
    };

    private static TokenRows Rows(ITokenTask source, long seed, int count)
    {
        var batch = source.Generate(seed, count);
        Tensor Table(int[] tokens) => tensor(tokens, ScalarType.Int64).view(count, source.Length);
        return new TokenRows(Table(batch.Inputs), Table(batch.Labels));
    }

    private static TrainingPlan Plan(ParameterReader read) => new()
    {
        LearningRates = [.. read.Text("learningRates").Split(',', StringSplitOptions.TrimEntries)
            .Select(rate => double.Parse(rate, CultureInfo.InvariantCulture))],
        Epochs = read.Int("epochs", 1),
        Batch = read.Int("batch", 1),
        TrainRows = read.Int("trainRows", 1),
        TestRows = read.Int("testRows", 1),
    };

    private static AttentionSettings Settings(Cell cell, int layer, int depth) =>
        new(cell.Pattern, cell.Heads, cell.HeadSize) { MaxLength = cell.Length, Layer = layer, Depth = depth };

    private TokenModel Build(ParameterReader read, Cell cell)
    {
        var width = cell.Heads * cell.HeadSize;
        var layout = read.Text("layout").Split(',', StringSplitOptions.TrimEntries);
        var (depth, own) = (layout.Count(name => name == OwnMixer), 0);
        var mixers = layout.Select(nn.Module<Tensor, Tensor> (name) => name == ShortConvolution
            ? new ShortConvolutionMixer(width)
            : new AttentionMixer(name == OwnMixer
                ? AttentionCatalogue.CreateLayer(cell.Implementation, Settings(cell, own++, depth), cell.Options)
                : AttentionCatalogue.CreateLayer(name, Settings(cell, 0, 1)))).ToList();
        // Without any layer that knows positions, attention sees a bag of tokens.
        var positions = read.Text("positions") switch
        {
            "auto" => !layout.Contains(ShortConvolution),
            "learned" => true,
            "none" => false,
            var other => throw new FormatException($"Parameter 'positions' is '{other}'; it must be auto, learned or none."),
        };
        return new TokenModel(new TokenModelSizes(Source(read).VocabularySize, width, cell.Length, positions, EmbeddingDropout: 0.1), mixers);
    }

    /// <summary>Bytes kept per sequence at the cell's length by all attention layers of the model.</summary>
    private static long StateBytes(TokenModel model, Cell cell) => model.modules().OfType<AttentionMixer>()
        .Sum(mixer => mixer.Attention.StateSize(AttentionShape.Square(cell.Pattern, 1, cell.Heads, cell.Length, cell.HeadSize))) * sizeof(float);
}
