using Bench.Domain.Catalogue;
using Bench.Suites.Harness;

namespace Bench.Suites.Recall;

/// <summary><c>recall/induction-heads</c>: trains on rows of <see cref="InductionHeads"/>.</summary>
public sealed class InductionHeadsTask : RecallTask
{
    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "induction-heads",
        "Induction heads",
        "Repeats what followed a prefix when the prefix returns: a previous-token head and a matching head.",
        "arXiv:2212.14052");

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common)
    {
        ["remembered"] = "1",
        ["vocabulary"] = "20",
        ["denseLabels"] = "true",
    };

    /// <inheritdoc />
    protected override ITokenTask Source(ParameterReader read) => new InductionHeads(new InductionHeadsOptions
    {
        VocabularySize = read.Int("vocabulary", 4),
        Remembered = read.Int("remembered", 1),
        SequenceLength = read.Cell.Length - read.Int("remembered", 1),
        Training = read.Flag("denseLabels"),
    });

    /// <inheritdoc />
    protected override ITokenTask TestSource(ParameterReader read) => new InductionHeads(new InductionHeadsOptions
    {
        VocabularySize = read.Int("vocabulary", 4),
        Remembered = read.Int("remembered", 1),
        SequenceLength = read.Cell.Length - read.Int("remembered", 1),
    });
}
