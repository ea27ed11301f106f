using Bench.Domain.Catalogue;
using Bench.Suites.Harness;

namespace Bench.Suites.Recall;

/// <summary><c>recall/variable-tracking</c>: trains on rows of <see cref="VariableTracking"/>.</summary>
public sealed class VariableTrackingTask : RecallTask
{
    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "variable-tracking",
        "Variable tracking",
        "Follows chains of assignments hidden among meaningless tokens and names all variables of a value.",
        "arXiv:2404.06654");

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common)
    {
        ["vocabulary"] = "256",
        ["chains"] = "1",
        ["hops"] = "2",
    };

    /// <inheritdoc />
    protected override ITokenTask Source(ParameterReader read) => new VariableTracking(new VariableTrackingOptions
    {
        VocabularySize = read.Int("vocabulary", 4),
        Length = read.Cell.Length,
        Chains = read.Int("chains", 1),
        Hops = read.Int("hops"),
    });
}
