using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Suites.Harness;

namespace Bench.Suites.Recall;

/// <summary><c>recall/set-intersection</c>: trains on rows of <see cref="SetIntersection"/>.</summary>
public sealed class SetIntersectionTask : RecallTask
{
    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "set-intersection",
        "Set intersection",
        "Finds the one element that two lists share: a small causal state suffers when the long list comes first.",
        "arXiv:2407.05483");

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common)
    {
        ["first"] = "4",
        ["vocabulary"] = "256",
    };

    /// <inheritdoc />
    public override IReadOnlyList<AttentionPattern> Patterns { get; } = [AttentionPattern.CausalSelf, AttentionPattern.NoncausalSelf];

    /// <inheritdoc />
    protected override ITokenTask Source(ParameterReader read) => new SetIntersection(new SetIntersectionOptions
    {
        VocabularySize = read.Int("vocabulary", 4),
        FirstLength = read.Int("first", 1),
        // Start, separator and question take three tokens; the second list takes the rest.
        SecondLength = read.Cell.Length - 3 - read.Int("first", 1),
    });
}
