using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Suites.Harness;

namespace Bench.Suites.Recall;

/// <summary><c>recall/cross-recall</c>: trains on rows of <see cref="CrossRecall"/>, the pairs in the source and the queries in the target.</summary>
public sealed class CrossRecallTask : RecallTask
{
    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "cross-recall",
        "Recall through cross attention",
        "Looks up values in a source by keys in a target: each by itself, or decoded from left to right. A variant of this project.",
        "arXiv:2312.04927",
        randomGuess: 0);

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common)
    {
        ["pairs"] = "4",
        ["vocabulary"] = "256",
    };

    /// <inheritdoc />
    public override IReadOnlyList<AttentionPattern> Patterns { get; } = [AttentionPattern.NoncausalCross, AttentionPattern.CausalCross];

    /// <inheritdoc />
    protected override ITokenTask Source(ParameterReader read)
    {
        var decoded = read.Cell.Pattern == AttentionPattern.CausalCross;
        if (decoded && read.Cell.Length % 2 != 0)
        {
            throw new ArgumentException($"A decoded target holds pairs of query and answer; its length of {read.Cell.Length} must be even.");
        }

        return new CrossRecall(new CrossRecallOptions
        {
            VocabularySize = read.Int("vocabulary", 4),
            Pairs = read.Int("pairs", 1),
            SourceLength = read.Cell.SourceLength ?? read.Cell.Length,
            Queries = decoded ? read.Cell.Length / 2 : read.Cell.Length,
            Decoded = decoded,
        });
    }
}
