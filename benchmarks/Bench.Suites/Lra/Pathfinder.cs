using Bench.Domain.Randomness;

namespace Bench.Suites.Lra;

/// <summary>Parameters of Pathfinder; the defaults are the hard 32-pixel set.</summary>
public sealed record PathfinderOptions
{
    /// <summary>W: pixels per side.</summary>
    public int Size { get; init; } = 32;

    /// <summary>Pixels at the border that stay free of contours.</summary>
    public int Padding { get; init; } = 1;

    /// <summary>l: length of a paddle in pixels.</summary>
    public double PaddleLength { get; init; } = 2;

    /// <summary>t: thickness of a paddle in pixels.</summary>
    public double PaddleThickness { get; init; } = 0.5;

    /// <summary>m: half the gap between paddles; one of these is drawn for every image.</summary>
    public IReadOnlyList<int> Margins { get; init; } = [1];

    /// <summary>c: 1 allows turns up to a right angle, larger values straighten.</summary>
    public double Continuity { get; init; } = 1;

    /// <summary>n: paddles of each of the two long contours.</summary>
    public int ContourLength { get; init; } = 14;

    /// <summary>Paddles of a distractor.</summary>
    public int DistractorLength { get; init; } = 4;

    /// <summary>Distractors that are tried; those without room are left out.</summary>
    public int Distractors { get; init; } = 5;

    /// <summary>s: distance of the two contours' first tips.</summary>
    public double SeedDistance { get; init; } = 7;

    /// <summary>Radius of a marker in pixels.</summary>
    public double MarkerRadius { get; init; } = 1.5;

    /// <summary>Attempts to draw a distractor.</summary>
    public int DistractorRetries { get; init; } = 4;

    /// <summary>Brightness of contours relative to markers; targets and distractors alike.</summary>
    public double Contrast { get; init; } = 0.75;

    /// <summary>The published 64-pixel set, hard.</summary>
    public static PathfinderOptions Hard64 { get; } = new()
    {
        Size = 64,
        PaddleLength = 5,
        PaddleThickness = 1,
        Continuity = 1.8,
        SeedDistance = 12,
        MarkerRadius = 2.5,
    };

    /// <summary>The published 128-pixel set, hard: Path-X.</summary>
    public static PathfinderOptions PathX { get; } = new()
    {
        Size = 128,
        PaddleLength = 5,
        PaddleThickness = 1.5,
        Margins = [2, 3],
        Continuity = 1.8,
        SeedDistance = 20,
        MarkerRadius = 3,
        Distractors = 8,
    };
}

/// <summary>
/// Two dashed contours among distractors and two discs: do the discs lie on the same contour (1) or on different ones (0)?
/// </summary>
/// <remarks>
/// Linsley et al., arXiv:1805.08315; Tay et al., "Long Range Arena", arXiv:2011.04006; rules of drewlinsley/pathfinder, snakes2.py. Ours
/// differs and
/// is no substitute for the released images: paddles are smoothed by area instead of Lanczos sampling; a contour tries every free cell
/// before it
/// is given up; target and distractor contours are equally bright, because the original's differ faintly.
/// </remarks>
public sealed class Pathfinder(PathfinderOptions options)
{
    private const double SmallestInk = 0.005;
    private const double LargestInk = 0.3;

    /// <summary>Image and class of one row.</summary>
    public (PathfinderImage Image, int Label) Sample(long seed, long row)
    {
        var random = new CounterRandom(seed, row);
        var label = random.Next(2);
        while (true)
        {
            var canvas = new PathfinderCanvas(options, options.Margins[random.Next(options.Margins.Count)], random);
            if (canvas.DrawTargets() is { } contours)
            {
                canvas.DrawDistractors();
                var first = random.Next(2);
                canvas.DrawMarker(contours[first].Tip);
                canvas.DrawMarker(contours[label == 1 ? first : 1 - first].Head);
                var image = canvas.Image();
                // Two discs may fall together at the crossing of short contours; such a picture has no answer.
                if (image.Markers(options.MarkerRadius).Count == 2)
                {
                    return (image, label);
                }
            }
        }
    }

    /// <summary>Pixel tokens 0 … 255 and classes of rows, [B, W·W] row by row.</summary>
    public ClassificationBatch Generate(long seed, long firstRow, int rows) => ClassificationBatch.Of(
        options.Size * options.Size,
        [.. Enumerable.Range(0, rows).Select(row => Sample(seed, firstRow + row)).Select(sample =>
            ((IReadOnlyList<int>)[.. sample.Image.Pixels.Select(pixel => (int)pixel)], sample.Label))]);

    /// <summary>
    /// The first law that a picture breaks, or null: grey levels, ink, two discs, and for class 1 a way over ink between them. That class 0
    /// has
    /// none cannot be demanded, since contours may come close.
    /// </summary>
    public string? Violation(PathfinderImage image, int label)
    {
        if (image.Size != options.Size || image.Pixels.Length != image.Size * image.Size || label is not (0 or 1))
        {
            return $"It has {image.Pixels.Length} pixels and class {label}.";
        }

        if (image.Pixels.Any(pixel => pixel is not (>= 0 and <= 255)) || image.InkShare is < SmallestInk or > LargestInk)
        {
            return $"A grey level is outside 0 … 255, or the share of ink {image.InkShare:0.000} is outside {SmallestInk} … {LargestInk}.";
        }

        var markers = image.Markers(options.MarkerRadius);
        return markers.Count != 2 ? $"There are {markers.Count} discs instead of two."
            : label == 1 && !image.AreConnected(markers[0], markers[1], (2 * options.Margins.Max()) + 2) ? "Class 1, but no contour joins "
                + "the discs."
            : null;
    }
}
