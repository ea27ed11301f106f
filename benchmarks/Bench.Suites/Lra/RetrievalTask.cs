using Bench.Domain.Catalogue;
using Bench.Suites.Data;
using Bench.Suites.Harness;

namespace Bench.Suites.Lra;

/// <summary>
/// Do two documents belong together? Each is read by itself; only their vectors meet. Official: papers that cite each other. Stand-in: e-mails
/// of one thread or of two. Synthetic: documents that share rare tokens.
/// </summary>
public sealed class RetrievalTask : LraTask
{

    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "retrieval", "Document retrieval", "Says from one vector of each whether two long documents belong together.", randomGuess: 0.5);

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common) { [DataParameter] = "standin" };

    /// <inheritdoc />
    protected override int Classes => 2;

    /// <inheritdoc />
    protected override bool HasPairs => true;

    /// <inheritdoc />
    protected override string StandinPackage => "spam-assassin";

    /// <inheritdoc />
    protected override IReadOnlyList<DataTier> Tiers { get; } = [DataTier.Official, DataTier.Standin, DataTier.Synthetic];

    /// <inheritdoc />
    protected override int Vocabulary(ParameterReader read) => ByteTokens.VocabularySize;

    /// <inheritdoc />
    protected override string? WhyNoTier(ParameterReader read, DataTier tier) => tier switch
    {
        DataTier.Official => DataFolder.WhyNotOfficial("lra_release"),
        DataTier.Standin => DataFolder.WhyNotPackage(StandinPackage),
        _ => null,
    };

    /// <inheritdoc />
    protected override LraData Load(ParameterReader read, DataTier tier)
    {
        var (length, counts) = (read.Cell.Length, Counts(read));
        switch (tier)
        {
            case DataTier.Official:
                return LraData.ReleasedPairs(length, ReleasedCounts(read), split => RetrievalFile.Read(DataFolder.Official("lra_release"), split, length));
            case DataTier.Standin:
                var threads = new MailThreads(MailFolder.Read(DataFolder.Package(StandinPackage)));
                return LraData.ReleasedPairs(length, counts, split => threads.Pairs(split, length));
            default:
                // As many different tokens as bytes have ids.
                var pairs = new SharedTokens(new SharedTokensOptions { Common = 192, Rare = 64, Shared = 4, Repeats = 4, Length = length });
                return LraData.SplitPairs(length, counts, GeneratedRows.Make(counts, pairs.Row));
        }
    }
}
