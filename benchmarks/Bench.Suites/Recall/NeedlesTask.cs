using Bench.Domain.Catalogue;
using Bench.Suites.Harness;

namespace Bench.Suites.Recall;

/// <summary><c>recall/needles</c>: trains on rows of <see cref="Needles"/>.</summary>
public sealed class NeedlesTask : RecallTask
{
    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "needles",
        "Needles in a haystack",
        "Finds key-value pairs hidden among meaningless tokens, at any depth of the text.",
        "arXiv:2404.06654");

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common)
    {
        ["vocabulary"] = "256",
        ["keys"] = "4",
        ["valuesPerKey"] = "1",
        ["queries"] = "1",
    };

    /// <inheritdoc />
    protected override ITokenTask Source(ParameterReader read) => new Needles(new NeedlesOptions
    {
        VocabularySize = read.Int("vocabulary", 4),
        Length = read.Cell.Length,
        Keys = read.Int("keys", 1),
        ValuesPerKey = read.Int("valuesPerKey", 1),
        Queries = read.Int("queries", 1),
    });
}
