using Bench.Domain.Catalogue;
using Bench.Suites.Data;
using Bench.Suites.Harness;

namespace Bench.Suites.Lra;

/// <summary>The value of nested list operations; a row is cut or padded to the cell's length.</summary>
/// <remarks>The generator draws from the published distribution, so <c>synthetic</c> differs from <c>official</c> only in which expressions were drawn.</remarks>
public sealed class ListOpsTask : LraTask
{
    /// <summary>Expressions of the published set are shorter than this.</summary>
    private const int PublishedMaxLengthExclusive = 2000;

    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "listops", "ListOps", "Evaluates nested MIN, MAX, MED and SM over digits: structure over long distances.", randomGuess: 0.1);

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common)
    {
        [DataParameter] = "synthetic",
        ["maxDepth"] = "10",
        ["maxArguments"] = "10",
        ["minLength"] = "500",
    };

    /// <inheritdoc />
    protected override int Classes => ListOps.Classes;

    /// <inheritdoc />
    protected override IReadOnlyList<DataTier> Tiers { get; } = [DataTier.Official, DataTier.Synthetic];

    /// <inheritdoc />
    protected override int Vocabulary(ParameterReader read) => ListOps.VocabularySize;

    /// <inheritdoc />
    protected override string? WhyNotParameters(ParameterReader read)
    {
        Generator(read);
        return null;
    }

    /// <inheritdoc />
    protected override string? WhyNoTier(ParameterReader read, DataTier tier) => tier == DataTier.Official ? DataFolder.WhyNotOfficial("lra_release") : null;

    /// <inheritdoc />
    protected override LraData Load(ParameterReader read, DataTier tier)
    {
        var length = read.Cell.Length;
        if (tier == DataTier.Official)
        {
            return LraData.Released(length, ReleasedCounts(read), split => ListOpsFile.Read(DataFolder.Official("lra_release"), split));
        }

        var (generator, counts) = (Generator(read), Counts(read));
        return LraData.Split(length, counts, GeneratedRows.Make(counts, row =>
        {
            var expression = generator.Expression(LraData.SplitSeed, row);
            return new LabelledTokens(expression.Tokens(), expression.Value);
        }));
    }

    private static ListOps Generator(ParameterReader read) => new(new ListOpsOptions
    {
        MaxDepth = read.Int("maxDepth", 2),
        MaxArguments = read.Int("maxArguments", 2),
        MinLengthExclusive = read.Int("minLength"),
        MaxLengthExclusive = Math.Min(PublishedMaxLengthExclusive, read.Cell.Length + 1),
        Length = read.Cell.Length,
    });
}
