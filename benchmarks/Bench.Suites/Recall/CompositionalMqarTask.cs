using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Suites.Harness;

namespace Bench.Suites.Recall;

/// <summary><c>recall/compositional-mqar</c>: trains on rows of <see cref="CompositionalMqar"/>.</summary>
public sealed class CompositionalMqarTask : RecallTask
{
    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "compositional-mqar",
        "Recall with two-part keys",
        "Looks up keys of two tokens, neither of which determines the value alone.",
        "arXiv:2312.04927");

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
    protected override ITokenTask Source(ParameterReader read) => new CompositionalMqar(new CompositionalMqarOptions
    {
        VocabularySize = read.Int("vocabulary", 4),
        Length = read.Cell.Length,
        Pairs = read.Int("pairs", 1),
        Power = read.Number("power"),
        RandomNonQueries = read.Flag("randomNonQueries"),
    });
}
