using System.Text.Json;
using Bench.Suites.Lra;

namespace Bench.Suites.Conformance.Bindings.Tasks;

/// <summary>Pathfinder: recorded pictures and ours show two discs, plausible ink, and for class 1 a way between the discs.</summary>
[Golden("pathfinder")]
internal sealed class PathfinderBinding : GoldenBinding
{
    private const int GeneratedRows = 12;

    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => [golden.Mechanism];

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var options = new PathfinderOptions
        {
            Size = Integers(golden, "window_size")[0],
            Padding = golden.Int("padding", 1),
            PaddleLength = golden.Number("paddle_length", 2),
            PaddleThickness = golden.Number("paddle_thickness", 0.5),
            Margins = Integers(golden, "paddle_margin_list"),
            Continuity = golden.Number("continuity", 1),
            ContourLength = golden.Int("contour_length", 14),
            DistractorLength = golden.Int("distractor_length", 4),
            Distractors = golden.Int("num_distractor_snakes", 5),
            SeedDistance = golden.Number("seed_distance", 7),
            MarkerRadius = golden.Number("marker_radius", 1.5),
            DistractorRetries = golden.Int("max_distractor_contour_retrial", 4),
        };
        var task = new Pathfinder(options);
        var (pixels, labels) = (golden["image"].data<float>().ToArray(), golden["label"].data<long>().ToArray());
        var area = options.Size * options.Size;
        for (var row = 0; row < labels.Length; row++)
        {
            Require($"recorded picture {row}", task, options, new PathfinderImage(options.Size, pixels[(row * area)..((row + 1) * area)]), (int)labels[row]);
        }

        for (var row = 0; row < GeneratedRows; row++)
        {
            var (image, label) = task.Sample(seed: 11, row);
            Require($"generated picture {row}", task, options, image, label);
        }

        return new GoldenOutcome();
    }

    private static void Require(string name, Pathfinder task, PathfinderOptions options, PathfinderImage image, int label)
    {
        if (task.Violation(image, label) is { } violation)
        {
            throw new InvalidDataException($"The {name} is rejected: {violation}");
        }

        var disc = image.Markers(options.MarkerRadius)[0];
        foreach (var (corruption, copy, answer) in new[]
                 {
                     ("a class that does not exist", image, 2),
                     ("a disc painted over", Painted(image, disc, (int)Math.Ceiling(options.MarkerRadius) + 1, 0), label),
                     ("nothing on it", image with { Pixels = new float[image.Pixels.Length] }, label),
                     ("grey levels beyond 255", image with { Pixels = [.. image.Pixels.Select(pixel => pixel * 2)] }, label),
                     ("the last row of pixels cut off", image with { Pixels = image.Pixels[..^image.Size] }, label),
                 })
        {
            if (task.Violation(copy, answer) is null)
            {
                throw new InvalidDataException($"The {name} is still accepted with {corruption}.");
            }
        }
    }

    private static PathfinderImage Painted(PathfinderImage image, (int Row, int Column) centre, int reach, float level)
    {
        float[] pixels = [.. image.Pixels];
        for (var row = Math.Max(0, centre.Row - reach); row <= Math.Min(image.Size - 1, centre.Row + reach); row++)
        {
            for (var column = Math.Max(0, centre.Column - reach); column <= Math.Min(image.Size - 1, centre.Column + reach); column++)
            {
                pixels[(row * image.Size) + column] = level;
            }
        }

        return image with { Pixels = pixels };
    }

    private static int[] Integers(GoldenCase golden, string name) => golden.Param(name) is { ValueKind: JsonValueKind.Array } list
        ? [.. list.EnumerateArray().Select(number => number.GetInt32())]
        : throw new InvalidDataException($"The case has no list '{name}'.");
}
