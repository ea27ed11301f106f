using Bench.Domain.Catalogue;
using Bench.Suites.Harness;

namespace Bench.Suites.Recall;

/// <summary><c>recall/circuit</c>: trains on rows of <see cref="Circuit"/>.</summary>
public sealed class CircuitTask : RecallTask
{
    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "circuit",
        "Counting circuits",
        "Counts without recall: parity or majority of a sequence, at its end or at every position.",
        "arXiv:2312.04927");

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common)
    {
        ["kind"] = "Parity",
        ["vocabulary"] = "16",
    };

    /// <inheritdoc />
    protected override ITokenTask Source(ParameterReader read) => new Circuit(new CircuitOptions
    {
        Kind = Enum.TryParse<CircuitKind>(read.Text("kind"), ignoreCase: true, out var kind)
            ? kind
            : throw new FormatException($"Parameter 'kind' is '{read.Text("kind")}'; it must be one of "
                + $"{string.Join(", ", Enum.GetNames<CircuitKind>())}."),
        VocabularySize = read.Int("vocabulary", 4),
        Length = read.Cell.Length,
    });
}
