namespace Bench.Suites.Cab.Vision;

/// <summary>A picture of values in [−1, 1].</summary>
/// <param name="Channels">C: 1 for grey, 3 for colours.</param>
/// <param name="Height">H.</param>
/// <param name="Width">W.</param>
/// <param name="Values"><c>[C, H, W]</c>.</param>
public sealed record Picture(int Channels, int Height, int Width, float[] Values)
{
    private const double Sharpness = -0.5;

    /// <summary>The picture in another size, cut to [−1, 1]: cubic convolution, whose kernel grows with the factor where a picture shrinks.</summary>
    /// <remarks>Keys, "Cubic convolution interpolation for digital image processing", IEEE TASSP 29(6), 1981, with a = −0.5.</remarks>
    /// <param name="height">New height.</param>
    /// <param name="width">New width.</param>
    public Picture Resize(int height, int width)
    {
        var (rows, columns) = (Weights(Height, height), Weights(Width, width));
        var (half, values) = (new float[Channels * Height * width], new float[Channels * height * width]);
        for (var line = 0; line < Channels * Height; line++)
        {
            for (var x = 0; x < width; x++)
            {
                double sum = 0;
                for (var k = 0; k < columns[x].Weights.Length; k++)
                {
                    sum += columns[x].Weights[k] * Values[(line * Width) + columns[x].First + k];
                }

                half[(line * width) + x] = (float)sum;
            }
        }

        for (var i = 0; i < values.Length; i++)
        {
            var (channel, y, x) = (i / (height * width), i / width % height, i % width);
            double sum = 0;
            for (var k = 0; k < rows[y].Weights.Length; k++)
            {
                sum += rows[y].Weights[k] * half[(((channel * Height) + rows[y].First + k) * width) + x];
            }

            values[i] = (float)Math.Clamp(sum, -1, 1);
        }

        return new Picture(Channels, height, width, values);
    }

    /// <summary>For each new pixel the first old one that counts, and the weights from there on; they sum to 1, also at borders.</summary>
    private static (int First, double[] Weights)[] Weights(int from, int to)
    {
        var scale = (double)from / to;
        var wide = Math.Max(scale, 1);
        return [.. Enumerable.Range(0, to).Select(pixel =>
        {
            var centre = (pixel + 0.5) * scale;
            int first = Math.Max(0, (int)Math.Floor(centre - (2 * wide))), last = Math.Min(from, (int)Math.Ceiling(centre + (2 * wide)));
            var weights = Enumerable.Range(first, last - first).Select(old => Cubic((old + 0.5 - centre) / wide)).ToArray();
            var sum = weights.Sum();
            return (first, weights.Select(weight => weight / sum).ToArray());
        })];
    }

    private static double Cubic(double distance)
    {
        var x = Math.Abs(distance);
        return x < 1 ? (((((Sharpness + 2) * x) - (Sharpness + 3)) * x * x) + 1)
            : x < 2 ? ((((((x - 5) * x) + 8) * x) - 4) * Sharpness)
            : 0;
    }
}
