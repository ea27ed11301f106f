using Bench.Suites.Lra;

namespace Bench.Suites.Tests.Lra;

public sealed class PathfinderTests
{
    public static TheoryData<string, PathfinderOptions> Sets => new()
    {
        { "32 hard", new PathfinderOptions() },
        { "32 easy", new PathfinderOptions { ContourLength = 6, DistractorLength = 2, Distractors = 10 } },
        { "64 hard", PathfinderOptions.Hard64 },
    };

    [Theory, MemberData(nameof(Sets))]
    public void Pictures_show_two_discs_joined_where_the_class_says_so(string name, PathfinderOptions options)
    {
        var task = new Pathfinder(options);
        var samples = Enumerable.Range(0, 30).Select(row => task.Sample(1, row)).ToList();

        Assert.All(samples, sample => Assert.True(task.Violation(sample.Image, sample.Label) is null, $"{name}: {task.Violation(sample.Image, sample.Label)}"));
        Assert.InRange(samples.Average(sample => sample.Label), 0.2, 0.8);
        Assert.Equal(0.1, samples.Average(sample => sample.Image.InkShare), 0.06);
    }

    [Fact]
    public void Row_of_a_seed_is_always_the_same_and_pixels_are_tokens()
    {
        var task = new Pathfinder(new PathfinderOptions());
        var (whole, part) = (task.Generate(2, 0, 4), task.Generate(2, 2, 1));

        Assert.Equal(whole.Inputs[(2 * 1024)..(3 * 1024)], part.Inputs);
        Assert.Equal(255, whole.Inputs.Max());
        Assert.Equal(0, whole.Inputs.Min());
    }

    [Fact]
    public void A_picture_without_a_disc_is_noticed()
    {
        var task = new Pathfinder(new PathfinderOptions());
        var (image, label) = task.Sample(3, 0);
        var (row, column) = image.Markers(1.5)[1];
        float[] pixels = [.. image.Pixels];
        for (var i = 0; i < pixels.Length; i++)
        {
            if (Math.Abs((i / 32) - row) <= 2 && Math.Abs((i % 32) - column) <= 2)
            {
                pixels[i] = 0;
            }
        }

        Assert.NotNull(task.Violation(image with { Pixels = pixels }, label));
    }
}
