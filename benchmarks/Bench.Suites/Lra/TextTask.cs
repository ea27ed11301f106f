using Bench.Domain.Catalogue;
using Bench.Suites.Data;
using Bench.Suites.Harness;

namespace Bench.Suites.Lra;

/// <summary>
/// Classifies a text by its bytes. Official: film reviews (validation is the last tenth of training; the original reuses the test part). Stand-in:
/// e-mails without their header block, wanted 0 or unwanted 1. Synthetic: two sources of letters.
/// </summary>
public sealed class TextTask : LraTask
{
    private const long ShuffleStream = 1;

    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "text", "Byte-level text", "Classifies a text that it reads byte by byte: words must be put together first.", randomGuess: 0.5);

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common) { [DataParameter] = "standin" };

    /// <inheritdoc />
    protected override int Classes => 2;

    /// <inheritdoc />
    protected override string StandinPackage => "spam-assassin";

    /// <inheritdoc />
    protected override IReadOnlyList<DataTier> Tiers { get; } = [DataTier.Official, DataTier.Standin, DataTier.Synthetic];

    /// <inheritdoc />
    protected override int Vocabulary(ParameterReader read) => ByteTokens.VocabularySize;

    /// <inheritdoc />
    protected override string? WhyNoTier(ParameterReader read, DataTier tier) => tier switch
    {
        DataTier.Official => DataFolder.WhyNotOfficial("aclImdb"),
        DataTier.Standin => DataFolder.WhyNotPackage(StandinPackage),
        _ => null,
    };

    /// <inheritdoc />
    protected override LraData Load(ParameterReader read, DataTier tier)
    {
        var length = read.Cell.Length;
        switch (tier)
        {
            case DataTier.Official:
                var folder = Path.GetDirectoryName(DataFolder.Official("aclImdb"))!;
                var reviews = LraData.Shuffled(ReviewFolder.Read(folder, LraSplit.Train, length), ShuffleStream);
                var train = reviews.Count - (reviews.Count / 10);
                return LraData.Released(length, ReleasedCounts(read), split => split switch
                {
                    LraSplit.Train => reviews.Take(train),
                    LraSplit.Validation => reviews.Skip(train),
                    _ => ReviewFolder.Read(folder, LraSplit.Test, length),
                });
            case DataTier.Standin:
                var mails = LraData.Shuffled(MailFolder.Read(DataFolder.Package(StandinPackage)), ShuffleStream);
                return LraData.Split(
                    length, Counts(read), mails.Select(mail => new LabelledTokens(ByteTokens.Encode(mail.Body, length), mail.IsSpam ? 1 : 0)));
            default:
                var text = new MarkovText();
                return LraData.Split(length, Counts(read), GeneratedRows.Make(Counts(read), row => text.Row(row, length)));
        }
    }
}
