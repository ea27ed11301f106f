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

    /// <summary>Longest estimate that the service accepts.</summary>
    private protected const double MostSeconds = 86_400;

    /// <summary>Forward and backward of the published small model at width 64 on one core.</summary>
    private protected const double SecondsPerToken = 5e-6;

    private const string ParametersFact = "parameters";

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
        ["testLengths"] = "",
        ["keySize"] = "",
        ["attentionDropout"] = "0",
    };

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters => Common;

    /// <inheritdoc />
    public override string? WhyNot(Cell cell)
    {
        if (!Patterns.Contains(cell.Pattern))
        {
            return $"'{Entry.Id}' is a task for {string.Join(", ", Patterns.Select(pattern => pattern.Name))}.";
        }

        if (WhyNotInCatalogue(cell) is { } reason)
        {
            return reason;
        }

        try
        {
            var read = new ParameterReader(this, cell);
            if (KeySize(read) != cell.HeadSize && AttentionCatalogue.Get(cell.Implementation).IsLayer)
            {
                return $"'{cell.Implementation}' is a whole layer without queries and keys of a size of their own; leave 'keySize' out.";
            }

            Data(read, 1, Plan(read));
            var depth = read.Text("layout").Split(',', StringSplitOptions.TrimEntries).Count(name => name == OwnMixer);
            using var layer = AttentionCatalogue.CreateLayer(
                cell.Implementation, Settings(cell, 0, Math.Max(1, depth)) with { OnlyAsked = true }, cell.Options);
            return Lengths(read).Select(length => layer.WhyNot(Shape(cell with { Length = length }, cell.Batch))).FirstOrDefault(reason => reason is not null);
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
        var plan = Plan(read);
        var tokens = (double)plan.TrainRows * (cell.Length + (cell.Pattern.IsCross ? cell.SourceLength ?? cell.Length : 0));
        return Math.Min(MostSeconds, 5 + (plan.LearningRates.Count * plan.Epochs * tokens * SecondsPerToken * Math.Max(1, cell.Heads * cell.HeadSize / 64.0)));
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
        var data = Data(read, context.Seed, plan);
        var sweep = new RateSweep(() => Build(read, cell), data, plan, context.Seed, CheckpointFile.Of(context));
        var setup = clock.Elapsed.TotalSeconds;
        var outcomes = sweep.Run(
            (share, message) => context.Report(new PartProgress("train", share, message)),
            model => new(AttentionExamination.Of(model, data.Test[^1].Source, context.Seed), StringComparer.Ordinal)
            {
                [ParametersFact] = model.parameters().Sum(parameter => parameter.numel()),
                [Metric.StateSizeBytes.Name] = StateBytes(model, cell),
            });
        return Result(outcomes, setup, context);
    }

    /// <summary>Patterns whose queries can be answered: noncausal ones only where no answer stands in the input.</summary>
    public virtual IReadOnlyList<AttentionPattern> Patterns { get; } = [AttentionPattern.CausalSelf];

    /// <summary>What models are trained on and tested with: rows of the cell's length, and longer ones where <c>testLengths</c> names them.</summary>
    /// <exception cref="ArgumentException">The task's own parameters do not fit together; the message says what would.</exception>
    private protected virtual TrainingData Data(ParameterReader read, int seed, TrainingPlan plan)
    {
        RowSegment Test(ParameterReader at) => new(
            $"n{at.Cell.Length}", new TokenRowSource(TestSource(at), TokenTasks.TestSeed(seed)), plan.TestRows);
        var train = new RowSegment("train", new TokenRowSource(Source(read), TokenTasks.TrainSeed(seed)), plan.TrainRows);
        var longer = TestLengths(read).Select(length => Test(new ParameterReader(this, read.Cell with { Length = length })));
        return new TrainingData(new BatchOrder([train], plan.Batch), [Test(read)], [.. longer]);
    }

    /// <summary>Every length that the model sees, the cell's own first.</summary>
    private protected virtual IEnumerable<int> Lengths(ParameterReader read) => TestLengths(read).Prepend(read.Cell.Length);

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

    private static TrainingPlan Plan(ParameterReader read) => new()
    {
        LearningRates = [.. read.Text("learningRates").Split(',', StringSplitOptions.TrimEntries)
            .Select(rate => double.Parse(rate, CultureInfo.InvariantCulture))],
        Epochs = read.Int("epochs", 1),
        Batch = read.Int("batch", 1),
        TrainRows = read.Int("trainRows", 1),
        TestRows = read.Int("testRows", 1),
    };

    private static IEnumerable<int> TestLengths(ParameterReader read) =>
        read.Text("testLengths").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(length => int.Parse(length, CultureInfo.InvariantCulture));

    private AttentionSettings Settings(Cell cell, int layer, int depth)
    {
        var read = new ParameterReader(this, cell);
        return new AttentionSettings(cell.Pattern, cell.Heads, KeySize(read))
        {
            ValueSize = cell.HeadSize,
            ModelSize = cell.Heads * cell.HeadSize,
            MaxLength = Math.Max(Lengths(read).Max(), cell.SourceLength ?? 0),
            Layer = layer,
            Depth = depth,
            Dropout = read.Number("attentionDropout"),
        };
    }

    /// <summary>Numbers per head in queries and keys: the feature dimension of linear mechanisms; the head size unless stated.</summary>
    private static int KeySize(ParameterReader read) => read.Text("keySize").Length == 0 ? read.Cell.HeadSize : read.Int("keySize", 1);

    private AttentionShape Shape(Cell cell, int batch) => new(
        cell.Pattern, batch, cell.Heads, cell.Length, cell.Pattern.IsCross ? cell.SourceLength ?? cell.Length : cell.Length,
        KeySize(new ParameterReader(this, cell)), cell.HeadSize);

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
        var sizes = new TokenModelSizes(
            Source(read).VocabularySize, width, Settings(cell, 0, 1).MaxLength, positions, EmbeddingDropout: 0.1, cell.Pattern.IsCross);
        return new TokenModel(sizes, mixers);
    }

    /// <summary>Bytes kept per sequence at the cell's length by all layers of the model; 0 when one of them does not decode.</summary>
    private long StateBytes(TokenModel model, Cell cell)
    {
        var sizes = model.Mixers.Select(mixer => mixer switch
        {
            AttentionMixer attention => attention.Attention.StateSize(Shape(cell, batch: 1)),
            ShortConvolutionMixer convolution => convolution.StateSize,
            _ => 0,
        }).ToList();
        return sizes.Contains(0) ? 0 : sizes.Sum() * sizeof(float);
    }

    private static PartResult Result(IReadOnlyList<TrainingOutcome> outcomes, double setup, CellContext context)
    {
        var trained = outcomes.Where(outcome => outcome.Divergence is null).ToList();
        if (trained.Count == 0)
        {
            throw new CellFailedException(
                FailureClass.Diverged, $"Every learning rate of the sweep diverged. {outcomes[^1].Divergence}",
                "No action needed; a smaller learning rate in the sweep may train it.");
        }

        var best = trained.MaxBy(outcome => outcome.Accuracy)!;
        double Seconds(string phase) => outcomes.Sum(outcome => outcome.Seconds.GetValueOrDefault(phase));
        List<MetricSamples> metrics =
        [
            MetricSamples.Of(Metric.Accuracy, best.Accuracy),
            MetricSamples.Of(Metric.TrainStepsPerSecond, outcomes.Sum(outcome => outcome.Steps) / Seconds("train")),
            .. best.Slices.Select(slice => MetricSamples.Of(Metric.AccuracyAt(slice.Key), slice.Value)),
        ];
        if (best.Loss is { } loss)
        {
            metrics.Add(MetricSamples.Of(Metric.TestLoss, loss));
        }

        if (best.Facts[Metric.StateSizeBytes.Name] is > 0 and var state)
        {
            metrics.Add(MetricSamples.Of(Metric.StateSizeBytes, state));
        }

        return new PartResult
        {
            Metrics = metrics,
            LearningCurve = best.Curve,
            Facts = new(best.Facts.Where(fact => fact.Key != Metric.StateSizeBytes.Name).ToDictionary(), StringComparer.Ordinal)
            {
                ["learningRate"] = best.LearningRate,
                ["bestOf"] = outcomes.Count,
                ["diverged"] = outcomes.Count - trained.Count,
                ["steps"] = best.Steps,
                ["dataShare"] = Seconds("data") / Seconds("train"),
                ["waitShare"] = Seconds("wait") / Seconds("train"),
            },
            Correctness = new CorrectnessReport { Checked = false },
            Environment = EnvironmentProbe.OfProcess(context.Budget, context.Cell.Device),
            PhaseSeconds = new(StringComparer.Ordinal)
            {
                ["setup"] = setup,
                ["train"] = Seconds("train"),
                ["evaluate"] = Seconds("evaluate"),
                ["wait"] = Seconds("wait"),
            },
        };
    }
}
