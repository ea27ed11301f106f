using Bench.Domain.Catalogue;
using Bench.Suites.Data;
using Bench.Suites.Harness;

namespace Bench.Suites.Lra;

/// <summary>
/// Do two discs lie on the same dashed line? 1024 pixels are the 32-pixel set, 4096 the 64-pixel set, 16384 are Path-X. 256 are pictures of 16 × 16
/// with short lines, a size of our own for small machines.
/// </summary>
public sealed class PathfinderTask : LraTask
{
    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "pathfinder", "Pathfinder", "Follows a dashed line among others through a picture that is read pixel by pixel; Path-X at 128 × 128.", randomGuess: 0.5);

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common)
    {
        [DataParameter] = "synthetic",
        ["contour"] = "14",
        ["seedDistance"] = "",
        ["distractorPaddles"] = "",
        ["markerRadius"] = "",
    };

    /// <inheritdoc />
    protected override int Classes => 2;

    /// <inheritdoc />
    protected override IReadOnlyList<DataTier> Tiers { get; } = [DataTier.Official, DataTier.Synthetic];

    /// <inheritdoc />
    protected override int Vocabulary(ParameterReader read) => GreyImageFile.VocabularySize;

    /// <inheritdoc />
    protected override string? WhyNotParameters(ParameterReader read)
    {
        Options(read);
        return Tier(read) == DataTier.Official ? Difficulty(read) is null ? "The released sets have contours of 6, 9 or 14 paddles." : null : null;
    }

    /// <inheritdoc />
    protected override string? WhyNoTier(ParameterReader read, DataTier tier) => tier == DataTier.Official ? DataFolder.WhyNotOfficial("lra_release") : null;

    /// <inheritdoc />
    protected override LraData Load(ParameterReader read, DataTier tier)
    {
        var length = read.Cell.Length;
        if (tier == DataTier.Official)
        {
            var side = (int)Math.Sqrt(length);
            return LraData.Released(
                length, ReleasedCounts(read), split => PathfinderFolder.Read(DataFolder.Official("lra_release"), side, split, Difficulty(read)!));
        }

        var (generator, counts) = (new Pathfinder(Options(read)), Counts(read));
        return LraData.Split(length, counts, GeneratedRows.Make(counts, row =>
        {
            var (image, label) = generator.Sample(LraData.SplitSeed, row);
            return new LabelledTokens([.. image.Pixels.Select(pixel => (int)pixel)], label);
        }));
    }

    private static string? Difficulty(ParameterReader read) => read.Int("contour", 1) switch
    {
        6 => "curv_baseline",
        9 => "curv_contour_length_9",
        14 => "curv_contour_length_14",
        _ => null,
    };

    /// <summary>The published settings of a size; distractors follow from the contour's length as published.</summary>
    private static PathfinderOptions Options(ParameterReader read)
    {
        var contour = read.Int("contour", 2);
        var (options, ink) = read.Cell.Length switch
        {
            16 * 16 => (new PathfinderOptions { Size = 16, SeedDistance = 5 }, 2),
            32 * 32 => (new PathfinderOptions(), 20),
            64 * 64 => (PathfinderOptions.Hard64, 22),
            128 * 128 => (PathfinderOptions.PathX, 35),
            var other => throw new FormatException($"Pathfinder has 256, 1024, 4096 or 16384 pixels, not {other}."),
        };
        var distractor = Math.Max(1, contour / 3);
        bool Given(string name) => read.Text(name).Length > 0;
        return options with
        {
            ContourLength = contour,
            DistractorLength = distractor,
            Distractors = (Given("distractorPaddles") ? read.Int("distractorPaddles") : ink) / distractor,
            SeedDistance = Given("seedDistance") ? read.Int("seedDistance", 1) : options.SeedDistance,
            MarkerRadius = Given("markerRadius") ? read.Number("markerRadius") : options.MarkerRadius,
        };
    }
}
