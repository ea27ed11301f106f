using System.Diagnostics;
using Bench.Attention;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Data;
using Bench.Suites.Harness;
using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Suites.Training;

/// <summary>
/// A task that trains a published backbone around the cell's implementation and reports metrics on test data. The backbone, the data and the
/// recipe are the same for every implementation; only the attention layers differ.
/// </summary>
/// <remarks>
/// The cell's element type is the one of weights, activations and gradients: float32, or bfloat16 with a float32 copy of the weights in the
/// optimiser (arXiv:1710.03740). bfloat16 was never run on a GPU.
/// </remarks>
/// <typeparam name="TBatch">Plain arrays that a step trains on.</typeparam>
public abstract class LearningTask<TBatch> : BenchTask
    where TBatch : class
{
    /// <summary>Name of the parameter that says which data is used; its values are <c>official</c>, <c>standin</c> and <c>synthetic</c>.</summary>
    public const string DataParameter = "data";

    /// <summary>Fact: parameters of the trained model.</summary>
    public const string ParametersFact = "parameters";

    /// <summary>Fact: parameters of the same backbone with softmax attention.</summary>
    public const string BaseParametersFact = "baseParameters";

    /// <summary>Fact: <see cref="ParametersFact"/> over <see cref="BaseParametersFact"/>.</summary>
    public const string ParameterRatioFact = "parameterRatio";

    /// <summary>Fact: 1 where the ratio is beyond <see cref="MostParameterRatio"/>, so that the result does not rank in a closed division.</summary>
    public const string OverBudgetFact = "overBudget";

    /// <summary>Fact: the number of the <see cref="DataTier"/>.</summary>
    public const string DataTierFact = "dataTier";

    /// <summary>At most a tenth more parameters than the softmax model (Tay et al., arXiv:2011.04006, section 3).</summary>
    public const double MostParameterRatio = 1.1;

    /// <summary>Longest estimate that the service accepts.</summary>
    protected const double MostSeconds = 86_400;

    private const string Baseline = "softmax/sdpa";
    private static readonly string[] ElementTypes = ["float32", "bfloat16"];

    /// <summary>The package that the stand-in tier reads; null for a task without that tier.</summary>
    protected virtual string? StandinPackage => null;

    /// <inheritdoc />
    public override IReadOnlyList<string> DataPackages(Cell cell) =>
        StandinPackage is { } package && new ParameterReader(this, cell).Text(DataParameter) == "standin" ? [package] : [];

    /// <inheritdoc />
    public override string? WhyNot(Cell cell)
    {
        if (WhyNotInCatalogue(cell) is { } reason)
        {
            return reason;
        }

        if (!ElementTypes.Contains(cell.Dtype))
        {
            return $"'{Entry.Id}' trains in {string.Join(" or ", ElementTypes)}, not in {cell.Dtype}.";
        }

        if (cell.Device == "cuda" && !cuda.is_available())
        {
            return "This build or machine has no CUDA device.";
        }

        try
        {
            var read = new ParameterReader(this, cell);
            Recipe(read).Checked();
            var places = Places(read);
            if (places.All(place => place.Settings.Pattern != cell.Pattern))
            {
                return $"'{Entry.Id}' has attention of the pattern {string.Join(", ", places.Select(place => place.Settings.Pattern.Name).Distinct())}, none of {cell.Pattern.Name}.";
            }

            // Cheap questions first: layers of long sequences take their time to build.
            if (WhyNoData(read) is { } missing)
            {
                return missing;
            }

            foreach (var (settings, shape) in places.Where(place => place.Settings.Pattern == cell.Pattern).DistinctBy(place => place.Shape))
            {
                using var layer = AttentionCatalogue.CreateLayer(cell.Implementation, settings with { OnlyAsked = true }, cell.Options);
                if (layer.WhyNot(shape) is { } no)
                {
                    return no;
                }
            }

            return null;
        }
        catch (Exception mistake) when (mistake is ArgumentException or FormatException or NotSupportedException)
        {
            return mistake.Message;
        }
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
        var before = cell.Device == "cpu" ? ProcessMemory.StartPeak() : null;
        long baseParameters;
        using (var baseline = CreateModel(new ParameterReader(this, cell with { Implementation = Baseline, Options = [] })))
        {
            baseParameters = Count(baseline);
        }

        manual_seed(context.Seed);
        using var learner = CreateLearner(read, context.Seed);
        using var loop = new TrainingLoop<TBatch>(learner, Recipe(read), (long)context.Seed << 16, CheckpointFile.Of(context));
        var parameters = Count(learner.Model);
        var setup = clock.Elapsed.TotalSeconds;
        var outcome = loop.Run((share, message) => context.Report(new PartProgress("train", share, message)));
        var ratio = (double)parameters / baseParameters;
        var facts = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            [ParametersFact] = parameters,
            [BaseParametersFact] = baseParameters,
            [ParameterRatioFact] = ratio,
            [OverBudgetFact] = ratio > MostParameterRatio ? 1 : 0,
            [DataTierFact] = (int)Tier(read),
            ["learningRate"] = Recipe(read).LearningRate,
            ["steps"] = outcome.Steps,
            ["testedStep"] = outcome.TestedStep,
            ["tokens"] = outcome.Tokens,
            ["dataShare"] = outcome.Seconds.GetValueOrDefault("data") / outcome.Seconds["train"],
            ["waitShare"] = outcome.Seconds.GetValueOrDefault("wait") / outcome.Seconds["train"],
        };
        return Result(outcome, facts, setup, before is { } start ? ProcessMemory.PeakAbove(start) : null, context);
    }

    /// <summary>Every place in the backbone where attention stands; those of the cell's pattern take the cell's implementation.</summary>
    protected abstract IReadOnlyList<LayerPlace> Places(ParameterReader read);

    /// <summary>The backbone with the cell's implementation, weights drawn from torch's seed, on the CPU and in float32.</summary>
    protected abstract nn.Module CreateModel(ParameterReader read);

    /// <summary>
    /// The learner with its data. It builds its model by <see cref="CreateModel"/> and must move it with <see cref="Place"/> before use.
    /// </summary>
    protected abstract ILearner<TBatch> CreateLearner(ParameterReader read, int seed);

    /// <summary>Numbers of the training.</summary>
    /// <exception cref="FormatException">A parameter cannot be read; the message names it.</exception>
    protected abstract TrainingRecipe Recipe(ParameterReader read);

    /// <summary>Why the data that the cell names cannot be used, such as a missing package; null when it can.</summary>
    protected virtual string? WhyNoData(ParameterReader read) => null;

    /// <summary>Which data the cell names.</summary>
    /// <exception cref="FormatException">There is no such tier.</exception>
    protected static DataTier Tier(ParameterReader read) => read.Text(DataParameter) switch
    {
        "official" => DataTier.Official,
        "standin" => DataTier.Standin,
        "synthetic" => DataTier.Synthetic,
        var other => throw new FormatException($"Parameter '{DataParameter}' is '{other}'; it must be official, standin or synthetic."),
    };

    /// <summary>Moves a model to the cell's device and element type.</summary>
    protected static TModel Place<TModel>(TModel model, Cell cell)
        where TModel : nn.Module
    {
        model.to(Target(cell));
        if (cell.Dtype == "bfloat16")
        {
            model.to(ScalarType.BFloat16);
        }

        return model;
    }

    /// <summary>The cell's device.</summary>
    protected static Device Target(Cell cell) => device(cell.Device);

    private static long Count(nn.Module model) => model.parameters().DistinctBy(parameter => parameter.Handle).Sum(parameter => parameter.numel());

    private PartResult Result(LearningOutcome outcome, SortedDictionary<string, double> facts, double setup, long? peak, CellContext context)
    {
        var own = Entry.Metrics.ToDictionary(metric => metric.Name, StringComparer.Ordinal);
        var values = new Dictionary<string, double>(outcome.Test, StringComparer.Ordinal)
        {
            [TaskMetrics.TrainTokensPerSecond.Name] = outcome.Tokens / outcome.Seconds["train"],
            [TaskMetrics.TrainLoss.Name] = outcome.TrainLoss,
        };
        if (peak is { } bytes)
        {
            values[TaskMetrics.TrainPeakMemoryBytes.Name] = bytes;
        }

        // What the task does not list as a metric, such as the number of test rows, is a fact.
        foreach (var (name, value) in values.Where(pair => !own.ContainsKey(pair.Key)))
        {
            facts[name] = value;
        }

        return new PartResult
        {
            Metrics = [.. values.Where(pair => own.ContainsKey(pair.Key)).OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .Select(pair => MetricSamples.Of(own[pair.Key], pair.Value))],
            LearningCurve = [.. outcome.Curve.Where(point => own.ContainsKey(point.Metric) || point.Metric == TaskMetrics.TrainLoss.Name)],
            Facts = facts,
            Correctness = new CorrectnessReport { Checked = false },
            Environment = EnvironmentProbe.OfProcess(context.Budget, context.Cell.Device),
            PhaseSeconds = new(StringComparer.Ordinal)
            {
                ["setup"] = setup,
                ["train"] = outcome.Seconds["train"],
                ["evaluate"] = outcome.Seconds.GetValueOrDefault("evaluate"),
                ["wait"] = outcome.Seconds.GetValueOrDefault("wait"),
            },
        };
    }
}
