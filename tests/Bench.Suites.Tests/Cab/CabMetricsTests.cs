using Bench.Domain.Randomness;
using Bench.Suites.Cab.Metrics;

namespace Bench.Suites.Tests.Cab;

/// <summary>Metrics of pictures, clouds and series against values worked out by hand or by a plainer way.</summary>
public sealed class CabMetricsTests
{
    [Fact]
    public void Psnr_OfAKnownError()
    {
        // 0 is 127.5 and becomes byte 128; 10.2 bytes more are 137.7, byte 138: every pixel differs by 10, MSE = 100.
        var psnr = ImageQuality.Psnr([0, 0, 0, 0], [10.2f / 127.5f, 10.2f / 127.5f, 10.2f / 127.5f, 10.2f / 127.5f]);
        Assert.Equal(20 * Math.Log10(25.5), psnr, 9);
        Assert.Equal(double.PositiveInfinity, ImageQuality.Psnr([0.5f], [0.5f]));
    }

    [Fact]
    public void Psnr_CutsAndRounds()
    {
        Assert.Equal(0, ImageQuality.ToByte(-3));
        Assert.Equal(255, ImageQuality.ToByte(2));
        Assert.Equal(20 * Math.Log10(255.0 / 255), ImageQuality.Psnr([-9], [9]), 12);
    }

    [Fact]
    public void Ssim_OfEqualAndOfConstantImages()
    {
        var random = new CounterRandom(1);
        var image = Enumerable.Range(0, 3 * 16 * 12).Select(_ => (float)((random.NextDouble() * 2) - 1)).ToArray();
        Assert.Equal(1, ImageQuality.Ssim(image, image, 3, 12), 12);

        // Constant planes have no contrast: what is left is the luminance term of 0 and 255.
        var (dark, bright) = (Enumerable.Repeat(-1f, 121).ToArray(), Enumerable.Repeat(1f, 121).ToArray());
        var c1 = 0.01 * 255 * 0.01 * 255;
        Assert.Equal(c1 / ((255.0 * 255) + c1), ImageQuality.Ssim(dark, bright, 1, 11), 12);
    }

    [Fact]
    public void Ssim_EqualsThePlainDoubleSum()
    {
        var random = new CounterRandom(2);
        var (width, height) = (15, 13);
        float[] one = new float[width * height], other = new float[width * height];
        for (var i = 0; i < one.Length; i++)
        {
            one[i] = (float)((random.NextDouble() * 2) - 1);
            other[i] = Math.Clamp(one[i] + (float)(0.3 * random.NextNormal()), -1, 1);
        }

        Assert.Equal(PlainSsim(one, other, width, height), ImageQuality.Ssim(one, other, 1, width), 10);
        Assert.Throws<ArgumentException>(() => ImageQuality.Ssim(one, other, 1, 5));
    }

    [Fact]
    public void Chamfer_OfThreePointsByHand()
    {
        // Nearest squares there: 0 and 0.04; back: 0, 0.04 and 1.
        float[] cloud = [0, 0, 0, 1, 0, 0], truth = [0, 0, 0, 1.2f, 0, 0, 0, 1, 0];
        Assert.Equal(1000 * ((0.2 / 2) + (1.2 / 3)) / 2, PointDistance.ChamferL1(cloud, truth), 3);
        Assert.Equal(1000 * ((0.04 / 2) + (1.04 / 3)), PointDistance.ChamferL2(cloud, truth), 3);
        // Within 0.01: one of two, one of three.
        Assert.Equal(2 * 0.5 / 3 / (0.5 + (1.0 / 3)), PointDistance.FScore(cloud, truth), 12);
        Assert.Equal(0, PointDistance.FScore([5, 5, 5], truth));
        var all = PointDistance.All(cloud, truth);
        Assert.Equal((PointDistance.ChamferL1(cloud, truth), PointDistance.ChamferL2(cloud, truth), PointDistance.FScore(cloud, truth)), all);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 3)]
    [InlineData(50, 133)]
    public void Nearest_EqualsThePlainSearch(int from, int to)
    {
        var random = new CounterRandom(3, from);
        float[] a = Cloud(random, from), b = Cloud(random, to);
        var expected = Enumerable.Range(0, from).Select(i => Enumerable.Range(0, to).MinBy(j => Square(a, i, b, j))).ToArray();
        Assert.Equal(expected, PointDistance.Nearest(a, b));
        var squares = PointDistance.NearestSquares(a, b);
        Assert.All(Enumerable.Range(0, from), i => Assert.Equal(Square(a, i, b, expected[i]), squares[i], 5));
    }

    [Fact]
    public void ForecastError_WeighsEveryNumberTheSame()
    {
        var error = new ForecastError();
        error.Add([1, 2], [0, 4]);
        error.Add([3], [3.5f]);
        Assert.Equal((1 + 4 + 0.25) / 3, error.MeanSquared, 12);
        Assert.Equal((1 + 2 + 0.5) / 3, error.MeanAbsolute, 12);
        Assert.Throws<ArgumentException>(() => error.Add([1], []));
    }

    private static float[] Cloud(CounterRandom random, int points) => [.. Enumerable.Range(0, points * 3).Select(_ => (float)random.NextNormal())];

    private static double Square(float[] a, int i, float[] b, int j) =>
        Enumerable.Range(0, 3).Sum(k => Math.Pow((double)a[(i * 3) + k] - b[(j * 3) + k], 2));

    /// <summary>The definition as one sum over the two-dimensional window at every place.</summary>
    private static double PlainSsim(float[] one, float[] other, int width, int height)
    {
        var (c1, c2) = (0.01 * 255 * 0.01 * 255, 0.03 * 255 * 0.03 * 255);
        var weights = new double[11, 11];
        double total = 0, sum = 0;
        for (var y = 0; y < 11; y++)
        {
            for (var x = 0; x < 11; x++)
            {
                total += weights[y, x] = Math.Exp(-(((y - 5) * (y - 5)) + ((x - 5) * (x - 5))) / (2 * 1.5 * 1.5));
            }
        }

        var places = 0;
        for (var top = 0; top + 11 <= height; top++)
        {
            for (var left = 0; left + 11 <= width; left++, places++)
            {
                double a = 0, b = 0, va = 0, vb = 0, ab = 0;
                double Value(float[] image, int y, int x) => ImageQuality.ToByte(image[((top + y) * width) + left + x]);
                for (var i = 0; i < 121; i++)
                {
                    a += weights[i / 11, i % 11] / total * Value(one, i / 11, i % 11);
                    b += weights[i / 11, i % 11] / total * Value(other, i / 11, i % 11);
                }

                for (var i = 0; i < 121; i++)
                {
                    var weight = weights[i / 11, i % 11] / total;
                    double da = Value(one, i / 11, i % 11) - a, db = Value(other, i / 11, i % 11) - b;
                    (va, vb, ab) = (va + (weight * da * da), vb + (weight * db * db), ab + (weight * da * db));
                }

                sum += ((2 * a * b) + c1) * ((2 * ab) + c2) / (((a * a) + (b * b) + c1) * (va + vb + c2));
            }
        }

        return sum / places;
    }
}
