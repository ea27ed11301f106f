using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Data;
using Bench.Suites.Harness;
using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Points;

/// <summary>
/// CAB's point-cloud completion with PoinTr. For noncausal self N is the encoder's proxies; for noncausal cross N is the decoder's queries and M the proxies.
/// The decoder's self attention is noncausal self too and takes the cell's implementation there.
/// </summary>
public sealed class PointCompletionTask : CabTask<PointBatch>
{
    private const int PcnModels = 28_974;
    private const int PcnTests = 1200;

    /// <inheritdoc />
    public override TaskEntry Entry { get; } = new()
    {
        Id = "cab/point-completion",
        Title = "Point-cloud completion",
        Description = "Completes a shape that is seen from one side: whether attention carries what is seen to what is hidden.",
        Metrics =
        [
            ReconstructionMetrics.ChamferL1, ReconstructionMetrics.ChamferL2, ReconstructionMetrics.FScore,
            TaskMetrics.TrainTokensPerSecond, TaskMetrics.TrainPeakMemoryBytes,
        ],
        Paper = "arXiv:2210.07661",
    };

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common)
    {
        ["partialPoints"] = Auto,
        ["completePoints"] = Auto,
        ["queries"] = Auto,
        ["pointsPerQuery"] = Auto,
        ["encoderLayers"] = Auto,
        ["decoderLayers"] = Auto,
    };

    /// <inheritdoc />
    protected override string StandinPackage => "assimp";

    /// <inheritdoc />
    protected override IReadOnlyList<AttentionPattern> Patterns { get; } = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross];

    /// <inheritdoc />
    public override double EstimateSeconds(Cell cell, Budget budget)
    {
        var read = new ParameterReader(this, cell);
        var sizes = Sizes(read);
        var tokens = (sizes.Proxies * sizes.EncoderLayers) + (2.0 * sizes.Queries * sizes.DecoderLayers) + Partial(read);
        return Math.Min(MostSeconds, 30 + (Recipe(read).Steps * cell.Batch * tokens * sizes.Width * sizes.Width * 3e-9));
    }

    /// <inheritdoc />
    protected override IReadOnlyList<LayerPlace> Places(ParameterReader read) => [.. PoinTr.Places(Sizes(read), read.Cell.Batch)];

    /// <inheritdoc />
    protected override nn.Module CreateModel(ParameterReader read) => new PoinTr(Sizes(read), Attention(read));

    /// <inheritdoc />
    protected override ILearner<PointBatch> CreateLearner(ParameterReader read, int seed) => new PointLearner(
        Place((PoinTr)CreateModel(read), read.Cell), Shapes(read, seed), read.Cell, Int(read, "testItems", 64, 0, least: 0));

    /// <inheritdoc />
    protected override TrainingRecipe Recipe(ParameterReader read)
    {
        if (!IsPaper(read))
        {
            var steps = Int(read, "steps", 200, 1);
            return new TrainingRecipe
            {
                Steps = steps,
                EvaluateEvery = Int(read, "evaluateEvery", 100, 1),
                LearningRate = Number(read, "learningRate", 1e-3, 5e-4),
                WeightDecay = 5e-4,
                Schedule = RateSchedule.Cosine(steps, steps / 20),
                ClipNorm = 1,
            };
        }

        // PoinTr's PCN configuration: 300 epochs, the rate × 0.9 every 21 of them down to 2 %, the best state by CD-L1.
        var epoch = Math.Max(1, PcnModels / read.Cell.Batch);
        return new TrainingRecipe
        {
            Steps = Int(read, "steps", 1, 300 * epoch),
            EvaluateEvery = Int(read, "evaluateEvery", 1, epoch),
            LearningRate = Number(read, "learningRate", 1e-3, 5e-4),
            WeightDecay = 5e-4,
            Schedule = RateSchedule.StepDecay(epoch, 0.9, 21, 0.02),
            SelectionMetric = ReconstructionMetrics.ChamferL1.Name,
            SelectionBetter = Better.Lower,
        };
    }

    /// <inheritdoc />
    protected override string? WhyNoData(ParameterReader read) => WhyNoSet(read, "PCN");

    private static int Partial(ParameterReader read) => Int(read, "partialPoints", 256, 2048, least: 16);

    private static IShapeSource Shapes(ParameterReader read, int seed)
    {
        // As many as PCN tests with, where all are asked for: a generator has no end.
        var (partial, complete, heldOut) = (Partial(read), Int(read, "completePoints", 1024, 16_384), Int(read, "testItems", 64, 0, least: 0) is > 0 and var items ? items : PcnTests);
        return Tier(read) switch
        {
            DataTier.Official => new PcnFolder(DataFolder.Official("PCN"), seed, partial),
            DataTier.Standin => MeshShapes.Standin(seed, partial, complete, heldOut),
            _ => MeshShapes.Synthetic(seed, partial, complete, heldOut),
        };
    }

    private static PoinTrSizes Sizes(ParameterReader read)
    {
        var (cell, partial) = (read.Cell, Partial(read));
        var cross = cell.Pattern.IsCross;
        var proxies = cross ? cell.SourceLength ?? cell.Length : cell.Length;
        var queries = cross ? cell.Length : Int(read, "queries", 64, 224);
        var middle = IsPaper(read) ? Math.Max(512, Math.Min(partial, proxies * 4)) : Math.Min(partial, proxies * 2);
        if (proxies > partial || middle > partial || queries > partial || proxies < 16)
        {
            throw new FormatException($"{proxies} proxies, {queries} queries and {middle} points between must be 16 to {partial}, the partial cloud. Change the lengths or 'partialPoints'.");
        }

        return new PoinTrSizes
        {
            Middle = middle,
            Proxies = proxies,
            Queries = queries,
            PointsPerQuery = Int(read, "pointsPerQuery", 9, 64),
            Heads = cell.Heads,
            HeadSize = cell.HeadSize,
            EncoderLayers = Int(read, "encoderLayers", 2, 6),
            DecoderLayers = Int(read, "decoderLayers", 2, 8),
            Global = IsPaper(read) ? 1024 : 128,
            Folding = IsPaper(read) ? 256 : 64,
        };
    }
}
