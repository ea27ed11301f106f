using Bench.Domain.Catalogue;
using Bench.Suites.Harness;

namespace Bench.Suites.Recall;

/// <summary><c>recall/associative-recall</c>: trains on rows of <see cref="AssociativeRecall"/>.</summary>
public sealed class AssociativeRecallTask : RecallTask
{
    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "associative-recall",
        "Associative recall",
        "Looks up the value of one key under a map that is fixed within a row only.",
        "arXiv:2212.14052");

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common)
    {
        ["keyTokens"] = "1",
        ["vocabulary"] = "20",
        ["denseLabels"] = "true",
    };

    /// <inheritdoc />
    protected override ITokenTask Source(ParameterReader read) => new AssociativeRecall(new AssociativeRecallOptions
    {
        VocabularySize = read.Int("vocabulary", 4),
        KeyTokens = read.Int("keyTokens", 1),
        // Prefix and the asked key take the rest of the row.
        SequenceLength = read.Cell.Length - 1 - read.Int("keyTokens", 1),
        Training = read.Flag("denseLabels"),
    });

    /// <inheritdoc />
    protected override ITokenTask TestSource(ParameterReader read) => new AssociativeRecall(new AssociativeRecallOptions
    {
        VocabularySize = read.Int("vocabulary", 4),
        KeyTokens = read.Int("keyTokens", 1),
        // Prefix and the asked key take the rest of the row.
        SequenceLength = read.Cell.Length - 1 - read.Int("keyTokens", 1),
    });
}
