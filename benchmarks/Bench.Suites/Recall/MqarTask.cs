using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Harness;

namespace Bench.Suites.Recall;

/// <summary>
/// <c>recall/mqar</c>: key-value pairs first, then each key once more at a later place, where its value is to be predicted.
/// </summary>
/// <remarks>Arora et al., "Zoology", arXiv:2312.04927.</remarks>
public sealed class MqarTask : RecallTask
{
    /// <inheritdoc />
    public override TaskEntry Entry { get; } = new()
    {
        Id = "recall/mqar",
        Title = "Multi-query associative recall",
        Description = "Looks up the values of several keys seen earlier in the sequence: content-based recall against a growing number of "
            + "pairs.",
        Metrics = [Metric.Accuracy, Metric.TestLoss, Metric.TrainStepsPerSecond, Metric.StateSizeBytes],
        Paper = "arXiv:2312.04927",
        RandomGuess = 0,
    };

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common)
    {
        ["pairs"] = "4",
        ["vocabulary"] = "256",
        ["power"] = "0.01",
        ["randomNonQueries"] = "true",
    };

    /// <inheritdoc />
    public override IReadOnlyList<AttentionPattern> Patterns { get; } = [AttentionPattern.CausalSelf, AttentionPattern.NoncausalSelf];

    /// <inheritdoc />
    protected override ITokenTask Source(ParameterReader read) => new Mqar(new MqarOptions
    {
        VocabularySize = read.Int("vocabulary", 4),
        Length = read.Cell.Length,
        Pairs = read.Int("pairs", 1),
        Power = read.Number("power"),
        RandomNonQueries = read.Flag("randomNonQueries"),
    });
}
