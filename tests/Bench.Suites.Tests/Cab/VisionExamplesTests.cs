using System.Globalization;
using Bench.Suites.Cab.Metrics;
using Bench.Suites.Cab.Points;
using Bench.Suites.Cab.Vision;

namespace Bench.Suites.Tests.Cab;

/// <summary>Worked examples of the pages about pictures and clouds are what the code makes.</summary>
public sealed class VisionExamplesTests
{
    [Fact]
    public void The_point_clouds_of_the_page()
    {
        var pair = MeshShapes.Synthetic(1, 4, 6, 2).Make("train", 0);
        var page = Page("cab-point-completion");
        Assert.Contains(Words("seen " + Numbers(pair.Partial)), page, StringComparison.Ordinal);
        Assert.Contains(Words("true " + Numbers(pair.Complete)), page, StringComparison.Ordinal);
        Assert.Contains(PointDistance.ChamferL1(pair.Partial, pair.Complete).ToString("0.0", CultureInfo.InvariantCulture), page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_picture_of_the_page()
    {
        var picture = new Picture(1, 4, 4, [-1, -1, 0.2f, 0.6f, -1, -0.6f, 0.4f, 0.8f, -1, -0.2f, 0.6f, 0.8f, -1, 0, 0.6f, 0.6f]);
        var (small, again) = (picture.Resize(2, 2), picture.Resize(2, 2).Resize(4, 4));
        var page = Page("cab-super-resolution");
        for (var row = 0; row < 4; row++)
        {
            var beside = row < 2 ? Numbers(small.Values[(row * 2)..((row * 2) + 2)]) : "";
            Assert.Contains(Words($"{Numbers(picture.Values[(row * 4)..((row * 4) + 4)])} {beside} {Numbers(again.Values[(row * 4)..((row * 4) + 4)])}"), page, StringComparison.Ordinal);
        }

        Assert.Contains($"{ImageQuality.Psnr(again.Values, picture.Values).ToString("0.0", CultureInfo.InvariantCulture)} dB", page, StringComparison.Ordinal);
    }

    private static string Numbers(float[] values) => string.Join(' ', values.Select(value => value.ToString("0.00", CultureInfo.InvariantCulture)));

    /// <summary>The page with all white space made single.</summary>
    private static string Page(string task) => Words(File.ReadAllText(Path.Combine(RepositoryFolder.Of("docs", "tasks"), task + ".md")));

    private static string Words(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
