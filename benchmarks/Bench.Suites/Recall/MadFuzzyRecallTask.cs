using Bench.Domain.Catalogue;
using Bench.Suites.Harness;

namespace Bench.Suites.Recall;

/// <summary><c>recall/mad-fuzzy-recall</c>: trains on rows of <see cref="MadFuzzyRecall"/>.</summary>
public sealed class MadFuzzyRecallTask : RecallTask
{
    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "mad-fuzzy-recall",
        "MAD: fuzzy recall",
        "Looks up keys and values of several tokens, which must be put together first.",
        "arXiv:2403.17844");

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common)
    {
        ["vocabulary"] = "16",
        ["keyMotif"] = "3",
        ["valueMotif"] = "3",
    };

    /// <inheritdoc />
    protected override ITokenTask Source(ParameterReader read) => new MadFuzzyRecall(new MadFuzzyRecallOptions
    {
        VocabularySize = read.Int("vocabulary", 4),
        Length = read.Cell.Length,
        KeyMotif = read.Int("keyMotif", 1),
        ValueMotif = read.Int("valueMotif", 1),
        Training = true,
    });

    /// <inheritdoc />
    protected override ITokenTask TestSource(ParameterReader read) => new MadFuzzyRecall(new MadFuzzyRecallOptions
    {
        VocabularySize = read.Int("vocabulary", 4),
        Length = read.Cell.Length,
        KeyMotif = read.Int("keyMotif", 1),
        ValueMotif = read.Int("valueMotif", 1),
    });
}
