using Bench.Domain.Catalogue;
using Bench.Suites.Data;
using Bench.Suites.Harness;

namespace Bench.Suites.Lra;

/// <summary>Do two documents carry the same rare tokens? Each is read by itself; only their vectors meet.</summary>
public sealed class MatchingTask : LraTask
{
    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "matching", "Matching", "Says from one vector of each whether two documents carry the same few rare tokens.", randomGuess: 0.5);

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common)
    {
        [DataParameter] = "synthetic",
        ["common"] = "64",
        ["rare"] = "16",
        ["shared"] = "2",
        ["repeats"] = "4",
    };

    /// <inheritdoc />
    protected override int Classes => 2;

    /// <inheritdoc />
    protected override bool HasPairs => true;

    /// <inheritdoc />
    protected override IReadOnlyList<DataTier> Tiers { get; } = [DataTier.Synthetic];

    /// <inheritdoc />
    protected override int Vocabulary(ParameterReader read) => Generator(read).VocabularySize;

    /// <inheritdoc />
    protected override string? WhyNotParameters(ParameterReader read)
    {
        Generator(read);
        return null;
    }

    /// <inheritdoc />
    protected override LraData Load(ParameterReader read, DataTier tier) =>
        LraData.SplitPairs(read.Cell.Length, Counts(read), GeneratedRows.Make(Counts(read), Generator(read).Row));

    private static SharedTokens Generator(ParameterReader read) => new(new SharedTokensOptions
    {
        Common = read.Int("common", 1),
        Rare = read.Int("rare", 2),
        Shared = read.Int("shared", 1),
        Repeats = read.Int("repeats", 1),
        Length = read.Cell.Length,
    });
}
