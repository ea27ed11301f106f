namespace Bench.Suites.Cab.Metrics;

/// <summary>How near a reconstructed image is to the true one. Values are in [−1, 1]; both metrics look at rounded eight-bit images.</summary>
/// <remarks>
/// Wang et al., "Image quality assessment: from error visibility to structural similarity", IEEE TIP 13(4), 2004; window and rounding as the super-resolution
/// code that CAB (arXiv:2210.07661) calls.
/// </remarks>
public static class ImageQuality
{
    private const int Window = 11;
    private const double Sigma = 1.5;
    private const double Luminance = 0.01 * 255 * 0.01 * 255;
    private const double Contrast = 0.03 * 255 * 0.03 * 255;

    /// <summary>The eight-bit value of a number in [−1, 1]; what lies outside is cut off.</summary>
    public static byte ToByte(float value) => (byte)Math.Round((Math.Clamp(value, -1, 1) + 1) * 127.5, MidpointRounding.ToEven);

    /// <summary>Peak signal-to-noise ratio, 20·log₁₀(255/√MSE), in dB: higher is better, infinite for equal images.</summary>
    /// <param name="image">Values in [−1, 1], any layout.</param>
    /// <param name="truth">The true image in the same layout.</param>
    public static double Psnr(ReadOnlySpan<float> image, ReadOnlySpan<float> truth)
    {
        CheckSizes(image.Length, truth.Length);
        double squares = 0;
        for (var i = 0; i < image.Length; i++)
        {
            double difference = ToByte(image[i]) - ToByte(truth[i]);
            squares += difference * difference;
        }

        return squares == 0 ? double.PositiveInfinity : 20 * Math.Log10(255 / Math.Sqrt(squares / image.Length));
    }

    /// <summary>
    /// Structural similarity in [−1, 1]: higher is better. Gaussian window of 11 × 11 with σ = 1.5, only where it fits into the image, mean over places
    /// and channels.
    /// </summary>
    /// <param name="image">Values in [−1, 1], <c>[C, H, W]</c>.</param>
    /// <param name="truth">The true image.</param>
    /// <param name="channels">C.</param>
    /// <param name="width">W, at least 11; the height follows and must be at least 11 too.</param>
    /// <exception cref="ArgumentException">The image is smaller than the window, or the sizes differ.</exception>
    public static double Ssim(ReadOnlySpan<float> image, ReadOnlySpan<float> truth, int channels, int width)
    {
        CheckSizes(image.Length, truth.Length);
        var plane = image.Length / channels;
        var height = plane / width;
        if (width < Window || height < Window)
        {
            throw new ArgumentException($"Structural similarity needs at least {Window} × {Window} pixels; the image has {height} × {width}.", nameof(width));
        }

        double sum = 0;
        for (var c = 0; c < channels; c++)
        {
            sum += PlaneSsim(image.Slice(c * plane, plane), truth.Slice(c * plane, plane), width, height);
        }

        return sum / channels;
    }

    private static double PlaneSsim(ReadOnlySpan<float> image, ReadOnlySpan<float> truth, int width, int height)
    {
        var size = width * height;
        double[] x = new double[size], y = new double[size], xx = new double[size], yy = new double[size], xy = new double[size];
        for (var i = 0; i < size; i++)
        {
            (x[i], y[i]) = (ToByte(image[i]), ToByte(truth[i]));
            (xx[i], yy[i], xy[i]) = (x[i] * x[i], y[i] * y[i], x[i] * y[i]);
        }

        double[] meanX = Blur(x, width, height), meanY = Blur(y, width, height), meanXx = Blur(xx, width, height), meanYy = Blur(yy, width, height),
            meanXy = Blur(xy, width, height);
        double sum = 0;
        for (var i = 0; i < meanX.Length; i++)
        {
            double a = meanX[i], b = meanY[i];
            double varianceX = meanXx[i] - (a * a), varianceY = meanYy[i] - (b * b), covariance = meanXy[i] - (a * b);
            sum += ((2 * a * b) + Luminance) * ((2 * covariance) + Contrast) / (((a * a) + (b * b) + Luminance) * (varianceX + varianceY + Contrast));
        }

        return sum / meanX.Length;
    }

    /// <summary>The Gaussian window as two passes, over the places where it fits: (H − 10) × (W − 10) values.</summary>
    private static double[] Blur(double[] plane, int width, int height)
    {
        var kernel = Kernel();
        var (outWidth, outHeight) = (width - Window + 1, height - Window + 1);
        var rows = new double[outWidth * height];
        for (var i = 0; i < rows.Length; i++)
        {
            var (row, column) = (i / outWidth, i % outWidth);
            for (var k = 0; k < Window; k++)
            {
                rows[i] += kernel[k] * plane[(row * width) + column + k];
            }
        }

        var blurred = new double[outWidth * outHeight];
        for (var i = 0; i < blurred.Length; i++)
        {
            for (var k = 0; k < Window; k++)
            {
                blurred[i] += kernel[k] * rows[i + (k * outWidth)];
            }
        }

        return blurred;
    }

    private static double[] Kernel()
    {
        var weights = Enumerable.Range(0, Window).Select(i => Math.Exp(-Math.Pow(i - (Window / 2), 2) / (2 * Sigma * Sigma))).ToArray();
        var sum = weights.Sum();
        return [.. weights.Select(weight => weight / sum)];
    }

    private static void CheckSizes(int image, int truth)
    {
        if (image != truth || image == 0)
        {
            throw new ArgumentException($"The image has {image} values and the true one {truth}; both must have the same number, at least one.");
        }
    }
}
