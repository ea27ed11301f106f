using Bench.Domain.Catalogue;
using Bench.Suites.Data;
using Bench.Suites.Harness;

namespace Bench.Suites.Lra;

/// <summary>
/// Classifies a grey picture that it reads pixel by pixel. 1024 pixels are 32 × 32; 256 are the means of 2 × 2 of them. Official: CIFAR-10.
/// Stand-in: Fashion-MNIST with a black frame. Synthetic: ten shapes.
/// </summary>
public sealed class ImageTask : LraTask
{
    private const int Side = 32;

    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "image", "Pixel image", "Classifies a picture from the sequence of its grey pixels, without knowing that it has two dimensions.", randomGuess: 0.1);

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common) { [DataParameter] = "standin" };

    /// <inheritdoc />
    protected override int Classes => 10;

    /// <inheritdoc />
    protected override string StandinPackage => "fashion-mnist";

    /// <inheritdoc />
    protected override IReadOnlyList<DataTier> Tiers { get; } = [DataTier.Official, DataTier.Standin, DataTier.Synthetic];

    /// <inheritdoc />
    protected override int Vocabulary(ParameterReader read) => GreyImageFile.VocabularySize;

    /// <inheritdoc />
    protected override string? WhyNotParameters(ParameterReader read) => read.Cell.Length is Side * Side or Side * Side / 4
        ? null
        : $"A picture has {Side * Side} pixels, or {Side * Side / 4} as means of 2 × 2; a length of {read.Cell.Length} is neither.";

    /// <inheritdoc />
    protected override string? WhyNoTier(ParameterReader read, DataTier tier) => tier switch
    {
        DataTier.Official => DataFolder.WhyNotOfficial("cifar-10-batches-bin"),
        DataTier.Standin => DataFolder.WhyNotPackage(StandinPackage),
        _ => null,
    };

    /// <inheritdoc />
    protected override LraData Load(ParameterReader read, DataTier tier)
    {
        var (length, counts) = (read.Cell.Length, Counts(read));
        LabelledTokens Fit(LabelledTokens row) => length == Side * Side ? row : row with { Tokens = Halve(row.Tokens) };
        switch (tier)
        {
            case DataTier.Official:
                var folder = Path.GetDirectoryName(DataFolder.Official("cifar-10-batches-bin"))!;
                return LraData.Released(length, ReleasedCounts(read), split => GreyImageFile.Read(folder, split).Select(Fit));
            case DataTier.Standin:
                return LraData.Released(length, counts, split => FashionFile.Read(DataFolder.Package(StandinPackage), split).Select(Fit));
            default:
                return LraData.Split(length, counts, GeneratedRows.Make(counts, row => Fit(ShapeImages.Row(row))));
        }
    }

    /// <summary>Means of 2 × 2 pixels.</summary>
    private static int[] Halve(IReadOnlyList<int> pixels)
    {
        const int Half = Side / 2;
        var means = new int[Half * Half];
        for (var i = 0; i < means.Length; i++)
        {
            var at = (2 * (i / Half) * Side) + (2 * (i % Half));
            means[i] = (pixels[at] + pixels[at + 1] + pixels[at + Side] + pixels[at + Side + 1] + 2) / 4;
        }

        return means;
    }
}
