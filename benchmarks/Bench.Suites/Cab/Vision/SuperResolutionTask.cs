using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Data;
using Bench.Suites.Harness;
using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Vision;

/// <summary>CAB's super-resolution with SR3. N is the pixels of the large image, H·D the channels at full resolution; heads split the channels of each level.</summary>
public sealed class SuperResolutionTask : CabTask<PictureBatch>
{
    private const int SyntheticPictures = 20_000;

    /// <summary>The window of structural similarity must fit.</summary>
    private const int LeastSide = 11;

    /// <inheritdoc />
    public override TaskEntry Entry { get; } = new()
    {
        Id = "cab/super-resolution",
        Title = "Super-resolution",
        Description = "Enlarges small pictures by diffusion: whether attention over pixels keeps distant parts in agreement.",
        Metrics = [ReconstructionMetrics.Psnr, ReconstructionMetrics.Ssim, TaskMetrics.TrainTokensPerSecond, TaskMetrics.TrainPeakMemoryBytes],
        Paper = "arXiv:2210.07661",
    };

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common)
    {
        ["factor"] = Auto,
        ["multipliers"] = Auto,
        ["attentionAt"] = Auto,
        ["blocks"] = Auto,
        ["dropout"] = Auto,
        ["diffusionSteps"] = Auto,
        ["samplingSteps"] = Auto,
    };

    /// <inheritdoc />
    protected override string StandinPackage => "fashion-mnist";

    /// <inheritdoc />
    protected override IReadOnlyList<AttentionPattern> Patterns { get; } = [AttentionPattern.NoncausalSelf];

    /// <inheritdoc />
    public override double EstimateSeconds(Cell cell, Budget budget)
    {
        var read = new ParameterReader(this, cell);
        var (sizes, recipe) = (Sizes(read), Recipe(read));
        var passes = (3.0 * recipe.Steps * cell.Batch) + ((double)Steps(read) * HeldOut(read) * ((recipe.Steps / recipe.EvaluateEvery) + 1));
        return Math.Min(MostSeconds, 30 + (passes * cell.Length * sizes.Inner * sizes.Inner * sizes.Blocks * 3e-9));
    }

    /// <inheritdoc />
    protected override IReadOnlyList<LayerPlace> Places(ParameterReader read) => Sr3Unet.Places(Sizes(read), read.Cell.Batch);

    /// <inheritdoc />
    protected override nn.Module CreateModel(ParameterReader read) => new Sr3Unet(Sizes(read), Attention(read));

    /// <inheritdoc />
    protected override ILearner<PictureBatch> CreateLearner(ParameterReader read, int seed) => new PictureLearner(
        Place((Sr3Unet)CreateModel(read), read.Cell), Pictures(read, seed), new DiffusionSchedule(Levels(read)), read.Cell,
        new PictureSetting(Side(read), Factor(read), Steps(read), seed));

    /// <inheritdoc />
    protected override TrainingRecipe Recipe(ParameterReader read)
    {
        var steps = Int(read, "steps", 800, 1_000_000);
        return new TrainingRecipe
        {
            Steps = steps,
            EvaluateEvery = Int(read, "evaluateEvery", 400, 50_000),
            LearningRate = Number(read, "learningRate", 2e-3, 1e-4),
            Schedule = IsPaper(read) ? RateSchedule.Constant : RateSchedule.Cosine(steps, steps / 20),
            ClipNorm = IsPaper(read) ? null : 1,
            // CAB averages the weights at 800k, 850k, 900k, 950k and 1,000k steps.
            AverageLast = IsPaper(read) ? 5 : 0,
        };
    }

    /// <inheritdoc />
    protected override string? WhyNoData(ParameterReader read) => WhyNoSet(read, "ffhq", "celeba-hq");

    private static int Side(ParameterReader read)
    {
        var side = (int)Math.Round(Math.Sqrt(read.Cell.Length));
        return side * side == read.Cell.Length && side % Factor(read) == 0 && side >= LeastSide
            ? side
            : throw new FormatException($"The length is the pixels of the large image, a square number whose root is at least {LeastSide} and divided by {Factor(read)}; {read.Cell.Length} is none. Take 196 or 16384.");
    }

    private static int Factor(ParameterReader read) => Int(read, "factor", 2, 8, least: 2);

    private static int HeldOut(ParameterReader read) => Int(read, "testItems", 48, 100);

    /// <summary>T. With 2,000 steps of the published β half of them leave nearly pure noise, where a short training learns nothing.</summary>
    private static int Levels(ParameterReader read) => Int(read, "diffusionSteps", 1000, 2000, least: 2);

    private static int Steps(ParameterReader read) => Int(read, "samplingSteps", 10, 2000) is var steps && steps <= Levels(read)
        ? steps
        : throw new FormatException($"There are fewer diffusion steps ({Levels(read)}) than sampling steps ({steps}).");

    private static PictureSource Pictures(ParameterReader read, int seed) => Tier(read) switch
    {
        DataTier.Official => PictureSource.Faces(Side(read), HeldOut(read)),
        DataTier.Standin => PictureSource.FashionMnist(Side(read), HeldOut(read)),
        _ => PictureSource.Fields(seed, Side(read), SyntheticPictures, HeldOut(read)),
    };

    private static Sr3Sizes Sizes(ParameterReader read)
    {
        var (cell, side) = (read.Cell, Side(read));
        var sizes = new Sr3Sizes
        {
            Channels = Tier(read) == DataTier.Official ? 3 : 1,
            Pixels = side,
            Inner = cell.Heads * cell.HeadSize,
            Multipliers = List(read, "multipliers", [1, 2], [1, 2, 4, 8, 8]),
            AttentionAt = List(read, "attentionAt", [14], [16, 32, 64, 128]),
            Blocks = Int(read, "blocks", 1, 2),
            Groups = IsPaper(read) ? 32 : 4,
            Heads = cell.Heads,
            Dropout = Number(read, "dropout", 0, 0.2),
        };
        var halvings = sizes.Multipliers.Count - 1;
        if (sizes.AttentionAt.FirstOrDefault(height => !Enumerable.Range(0, halvings + 1).Any(level => side >> level == height)) is > 0 and var missing)
        {
            throw new FormatException($"The network of {side} pixels has no height {missing}; name one of {string.Join(", ", Enumerable.Range(0, halvings + 1).Select(level => side >> level))} in 'attentionAt'.");
        }

        return side % (1 << halvings) == 0 && sizes.Inner % sizes.Groups == 0
            ? sizes
            : throw new FormatException($"{side} pixels cannot be halved {halvings} times, or {sizes.Inner} channels have no {sizes.Groups} groups. Change 'multipliers', the length or the heads.");
    }
}
