using Bench.Domain.Randomness;

namespace Bench.Suites.Lra;

/// <summary>
/// Pictures of 32 × 32 pixels with one of ten shapes, of random colour, place and size on a background of another colour, turned grey by the
/// usual luma weights; the class is the shape.
/// </summary>
public static class ShapeImages
{
    private const int Side = 32;
    private const double LeastContrast = 60;
    private const double Line = 0.3;

    /// <summary>Inside tests of the ten shapes on coordinates −1 … 1.</summary>
    private static readonly Func<double, double, bool>[] Shapes =
    [
        (x, y) => (x * x) + (y * y) < 1,                                                 // disc
        (x, y) => (x * x) + (y * y) is < 1 and > 0.4,                                    // ring
        (x, y) => Math.Max(Math.Abs(x), Math.Abs(y)) < 0.9,                              // square
        (x, y) => Math.Max(Math.Abs(x), Math.Abs(y)) is < 0.9 and > 0.55,                // frame
        (x, y) => y > -0.9 && Math.Abs(x) < (0.9 - y) / 2 && y < 0.9,                    // triangle
        (x, y) => Math.Abs(x) + Math.Abs(y) < 1,                                         // diamond
        (x, y) => Math.Min(Math.Abs(x), Math.Abs(y)) < Line && Math.Max(Math.Abs(x), Math.Abs(y)) < 1, // plus
        (x, y) => Math.Abs(Math.Abs(x) - Math.Abs(y)) < Line && Math.Max(Math.Abs(x), Math.Abs(y)) < 0.9, // cross
        (x, y) => Math.Abs(y) < Line && Math.Abs(x) < 1,                                 // horizontal bar
        (x, y) => Math.Abs(x) < Line && Math.Abs(y) < 1,                                 // vertical bar
    ];

    /// <summary>Ten.</summary>
    public static int Classes => Shapes.Length;

    /// <summary>Grey levels and class of a row; classes take turns.</summary>
    public static LabelledTokens Row(long row)
    {
        var (random, label) = (new CounterRandom(LraData.SplitSeed, row), (int)(row % Shapes.Length));
        var (ground, ink) = (Luma(random), Luma(random));
        while (Math.Abs(ground - ink) < LeastContrast)
        {
            (ground, ink) = (Luma(random), Luma(random));
        }

        var radius = 6 + (random.NextDouble() * 6);
        var (left, top) = (radius + (random.NextDouble() * (Side - (2 * radius))), radius + (random.NextDouble() * (Side - (2 * radius))));
        var pixels = new int[Side * Side];
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (int)Math.Round(Shapes[label](((i % Side) + 0.5 - left) / radius, ((i / Side) + 0.5 - top) / radius) ? ink : ground);
        }

        return new LabelledTokens(pixels, label);
    }

    private static double Luma(CounterRandom random) => 255 * ((0.2989 * random.NextDouble()) + (0.5870 * random.NextDouble()) + (0.1140 * random.NextDouble()));
}
