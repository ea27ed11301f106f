using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Suites.Harness;

namespace Bench.Suites.Recall;

/// <summary><c>recall/forgetting-mqar</c>: trains on rows of <see cref="ForgettingMqar"/>.</summary>
public sealed class ForgettingMqarTask : RecallTask
{
    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "forgetting-mqar",
        "Recall with updates",
        "Looks up keys of which some were bound again: the latest value counts, so a state must forget the old one.",
        "arXiv:2312.04927");

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common)
    {
        ["pairs"] = "4",
        ["updates"] = "2",
        ["vocabulary"] = "256",
        ["power"] = "0.01",
        ["randomNonQueries"] = "true",
    };

    /// <inheritdoc />
    public override IReadOnlyList<AttentionPattern> Patterns { get; } = [AttentionPattern.CausalSelf, AttentionPattern.NoncausalSelf];

    /// <inheritdoc />
    protected override ITokenTask Source(ParameterReader read) => new ForgettingMqar(new ForgettingMqarOptions
    {
        VocabularySize = read.Int("vocabulary", 4),
        Length = read.Cell.Length,
        Pairs = read.Int("pairs", 1),
        Updates = read.Int("updates"),
        Power = read.Number("power"),
        RandomNonQueries = read.Flag("randomNonQueries"),
    });
}
