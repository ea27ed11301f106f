using System.Collections.Concurrent;
using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Data;
using Bench.Suites.Harness;
using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Series;

/// <summary>
/// CAB's long time-series forecasting with Informer. For noncausal self N is the encoder's steps; for noncausal cross N is the decoder's (start and
/// forecast) and M the encoder's before halving.
/// </summary>
public sealed class TimeSeriesTask : CabTask<SeriesBatch>
{
    private const string Horizon = "horizon";
    private const int SyntheticRows = 8000;
    private const int SyntheticColumns = 7;

    /// <summary>Tables that were read: a cell asks for its own several times.</summary>
    private static readonly ConcurrentDictionary<string, SeriesTable> Tables = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public override TaskEntry Entry { get; } = new()
    {
        Id = "cab/time-series",
        Title = "Time-series forecasting",
        Description = "Forecasts many steps of several variables at once: whether attention finds seasons and trends in a long past.",
        Metrics = [ReconstructionMetrics.Mse, ReconstructionMetrics.Mae, TaskMetrics.TrainTokensPerSecond, TaskMetrics.TrainPeakMemoryBytes],
        Paper = "arXiv:2210.07661",
    };

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common)
    {
        ["set"] = Auto,
        ["variables"] = "all",
        [Horizon] = "24",
        ["label"] = Auto,
        ["encoderLayers"] = Auto,
        ["decoderLayers"] = Auto,
    };

    /// <inheritdoc />
    protected override string StandinPackage => "vega-datasets";

    /// <inheritdoc />
    protected override IReadOnlyList<AttentionPattern> Patterns { get; } = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross];

    /// <inheritdoc />
    public override double EstimateSeconds(Cell cell, Budget budget)
    {
        var (read, sizes) = (new ParameterReader(this, cell), Sizes(new ParameterReader(this, cell), 7, 4));
        var work = (double)Recipe(read).Steps * cell.Batch * (sizes.Inputs + sizes.Outputs) * sizes.Width * (sizes.Width + sizes.Inputs);
        return Math.Min(MostSeconds, 30 + (work * 3e-9));
    }

    /// <inheritdoc />
    protected override IReadOnlyList<LayerPlace> Places(ParameterReader read) => [.. Informer.Places(Sizes(read, 1, 1), read.Cell.Batch)];

    /// <inheritdoc />
    protected override nn.Module CreateModel(ParameterReader read)
    {
        var windows = Windows(read, 1);
        return new Informer(Sizes(read, windows.Channels, windows.Features), Attention(read));
    }

    /// <inheritdoc />
    protected override ILearner<SeriesBatch> CreateLearner(ParameterReader read, int seed) => new SeriesLearner(
        Place((Informer)CreateModel(read), read.Cell), Windows(read, seed), read.Cell, seed, Int(read, "testItems", 200, 0, least: 0));

    /// <inheritdoc />
    protected override TrainingRecipe Recipe(ParameterReader read)
    {
        if (!IsPaper(read))
        {
            var steps = Int(read, "steps", 300, 1);
            return new TrainingRecipe
            {
                Steps = steps,
                EvaluateEvery = Int(read, "evaluateEvery", 100, 1),
                LearningRate = Number(read, "learningRate", 1e-3, 1e-4),
                Schedule = RateSchedule.Cosine(steps, steps / 20),
                ClipNorm = 1,
            };
        }

        // Adam at 1e-4, halved every epoch, six epochs, patience of three by validation error.
        var epoch = EpochSteps(read);
        return new TrainingRecipe
        {
            Steps = Int(read, "steps", 1, 6 * epoch),
            EvaluateEvery = Int(read, "evaluateEvery", 1, epoch),
            LearningRate = Number(read, "learningRate", 1e-3, 1e-4),
            Schedule = RateSchedule.HalvingEveryEpoch(epoch),
            Patience = 3,
            SelectionMetric = ReconstructionMetrics.Mse.Name,
            SelectionBetter = Better.Lower,
        };
    }

    /// <inheritdoc />
    protected override string? WhyNoData(ParameterReader read)
    {
        var set = Set(read);
        return WhyNoSet(read, Folder(set)) ?? WhyNoWindow(read);
    }

    private static string? WhyNoWindow(ParameterReader read)
    {
        try
        {
            Windows(read, 1);
            return null;
        }
        catch (Exception mistake) when (mistake is ArgumentException or InvalidDataException or DataMissingException)
        {
            return mistake.Message;
        }
    }

    /// <summary>Name of the data set within its tier.</summary>
    private static string Set(ParameterReader read)
    {
        var (known, tier) = (Sets(read), Tier(read));
        var set = read.Text("set") == Auto ? known[0] : read.Text("set");
        return known.Contains(set) ? set : throw new FormatException($"Parameter 'set' is '{set}'; the tier {tier.ToString().ToLowerInvariant()} has {string.Join(", ", known)}.");
    }

    private static string[] Sets(ParameterReader read) => Tier(read) switch
    {
        DataTier.Official => ["ETTh1", "ETTh2", "ETTm1", "ETTm2", "ECL", "WTH"],
        DataTier.Standin => ["hourly-normals", "daily-weather"],
        _ => ["seasonal"],
    };

    private static InformerSizes Sizes(ParameterReader read, int channels, int features)
    {
        var (cell, horizon) = (read.Cell, read.Int(Horizon, 1));
        var cross = cell.Pattern.IsCross;
        var inputs = cross ? cell.SourceLength ?? cell.Length : cell.Length;
        var label = cross ? cell.Length - horizon : read.Text("label") == Auto ? inputs / 2 : read.Int("label", 1);
        if (label < 1 || label > inputs)
        {
            throw new FormatException($"The decoder starts with {label} known steps; there must be 1 to {inputs}, the encoder's. Change 'horizon' ({horizon}), 'label' or the lengths.");
        }

        var deep = Set(read) is "ECL" or "WTH";
        return new InformerSizes(channels, features, inputs, label, horizon)
        {
            Heads = cell.Heads,
            HeadSize = cell.HeadSize,
            Hidden = 4 * cell.Heads * cell.HeadSize,
            EncoderLayers = Int(read, "encoderLayers", 2, deep ? 3 : 2),
            DecoderLayers = Int(read, "decoderLayers", 1, deep ? 2 : 1),
        };
    }

    private static SeriesWindows Windows(ParameterReader read, int seed)
    {
        var (set, sizes) = (Set(read), Sizes(read, 1, 1));
        var table = Tables.GetOrAdd(Tier(read) == DataTier.Synthetic ? $"{set} {seed}" : set, _ => Tier(read) switch
        {
            DataTier.Official => SeriesTable.ReadCsv(Path.Combine(DataFolder.Official(Folder(set)), $"{set}.csv")),
            DataTier.Standin => set == "daily-weather" ? SeriesTable.ReadDailyWeather(Packaged("weather.csv")) : SeriesTable.ReadCsv(Packaged("seattle-weather-hourly-normals.csv")),
            _ => SeriesTable.Synthetic(seed, SyntheticRows, SyntheticColumns),
        });
        var borders = set switch
        {
            "ETTh1" or "ETTh2" => SeriesBorders.Months(1),
            "ETTm1" or "ETTm2" => SeriesBorders.Months(4),
            _ => SeriesBorders.Shares(table.Rows),
        };
        var chosen = read.Text("variables") switch
        {
            "all" => table,
            "target" => table.Only(table.Columns.Count - 1),
            var other => throw new FormatException($"Parameter 'variables' is '{other}'; it must be all or target, the last one."),
        };
        return new SeriesWindows(chosen, borders, sizes.Inputs, sizes.Horizon);
    }

    /// <summary>Folder of an official set.</summary>
    private static string Folder(string set) => set.StartsWith("ETT", StringComparison.Ordinal) ? "ETT-small" : set;

    private static string Packaged(string file) => Path.Combine(DataFolder.Package("vega-datasets"), "package", "data", file);

    /// <summary>Steps of one pass; 1 where there is no data to train on, which is reported apart.</summary>
    private int EpochSteps(ParameterReader read) => WhyNoData(read) is null ? Math.Max(1, Windows(read, 1).TrainCount / read.Cell.Batch) : 1;
}
