using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Harness;
using Bench.Suites.Training;

namespace Bench.Suites.Recall;

/// <summary>
/// <c>recall/mqar-grid</c>: one model is trained on a mixture of lengths and numbers of pairs and tested on harder ones, each a metric of its own
/// such as <c>accuracy.n1024.k256</c>.
/// </summary>
/// <remarks>The protocol of figure 2 of Arora et al., "Based", arXiv:2402.18668. The cell's length is that of the longest training rows.</remarks>
public sealed class MqarGridTask : RecallTask
{
    private static int LongestTrained { get; } = MqarGrids.BasedTrain.Max(segment => segment.Options.Length);

    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "mqar-grid",
        "Recall over a grid of difficulties",
        "Trains once on rows of 64 to 256 tokens with 4 to 64 pairs, and looks up the values of up to 256 pairs in rows of up to 1,024 tokens.",
        "arXiv:2402.18668",
        randomGuess: 0) with
    {
        Metrics =
        [
            Metric.Accuracy, Metric.TestLoss, Metric.TrainStepsPerSecond, Metric.StateSizeBytes,
            .. MqarGrids.BasedTest.Select(segment => Metric.AccuracyAt(Name(segment))),
        ],
    };

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common)
    {
        ["vocabulary"] = "8192",
        ["trainShare"] = "1",
    };

    /// <inheritdoc />
    public override double EstimateSeconds(Cell cell, Budget budget)
    {
        var read = new ParameterReader(this, cell);
        var tokens = Share(read) * MqarGrids.BasedTrain.Sum(segment => (double)segment.Examples * segment.Options.Length);
        return Math.Min(MostSeconds, 5 + (Rates(read) * read.Int("epochs", 1) * tokens * SecondsPerToken * Math.Max(1, cell.Heads * cell.HeadSize / 64.0)));
    }

    /// <inheritdoc />
    protected override ITokenTask Source(ParameterReader read) => read.Cell.Length == LongestTrained
        ? Mqar(MqarGrids.BasedTrain[^1], read)
        : throw new ArgumentException($"The grid's longest training rows have {LongestTrained} tokens, so the cell's length must be {LongestTrained}.");

    /// <inheritdoc />
    private protected override IEnumerable<int> Lengths(ParameterReader read) =>
        MqarGrids.BasedTrain.Concat(MqarGrids.BasedTest).Select(segment => segment.Options.Length).Distinct();

    /// <inheritdoc />
    private protected override TrainingData Data(ParameterReader read, int seed, TrainingPlan plan)
    {
        Source(read);
        var train = MqarGrids.BasedTrain.Select((segment, index) => new RowSegment(
            Name(segment), new TokenRowSource(Mqar(segment, read), Seed(TokenTasks.TrainSeed(seed), index)), Math.Max(1, (int)(segment.Examples * Share(read)))));
        var test = MqarGrids.BasedTest.Select((segment, index) => new RowSegment(
            Name(segment), new TokenRowSource(Mqar(segment, read), Seed(TokenTasks.TestSeed(seed), index)), plan.TestRows)).ToList();
        return new TrainingData(new BatchOrder([.. train], plan.Batch), test, test);
    }

    /// <summary>Every segment has a seed of its own; the bit that tells test seeds apart stays.</summary>
    private static long Seed(long seed, int segment) => seed + ((segment + 1L) << 32);

    private static double Share(ParameterReader read) => read.Number("trainShare") is > 0 and <= 1 and var share
        ? share
        : throw new FormatException($"Parameter 'trainShare' is '{read.Text("trainShare")}'; it must lie above 0 and at most at 1.");

    private static int Rates(ParameterReader read) => read.Text("learningRates").Split(',').Length;

    private static string Name(MqarSegment segment) => $"n{segment.Options.Length}.k{segment.Options.Pairs}";

    private static Mqar Mqar(MqarSegment segment, ParameterReader read) =>
        new(segment.Options with { VocabularySize = read.Int("vocabulary", 4) });
}
