namespace Bench.Suites.Recall;

/// <summary>A segment of published training or test data.</summary>
/// <param name="Options">What is generated.</param>
/// <param name="Examples">How many rows.</param>
public sealed record MqarSegment(MqarOptions Options, int Examples);

/// <summary>The grids of the papers.</summary>
public static class MqarGrids
{
    /// <summary>Zoology figure 2: one data set for each point, quiet non-queries (arXiv:2312.04927).</summary>
    public static IReadOnlyList<(MqarSegment Train, MqarSegment Test)> ZoologyFigure2 { get; } =
        [.. new[] { (64, 4), (128, 8), (256, 16), (512, 64) }.Select(point => (Quiet(point, 100_000), Quiet(point, 3_000)))];

    /// <summary>Based figure 2: one mixed training set (arXiv:2402.18668).</summary>
    public static IReadOnlyList<MqarSegment> BasedTrain { get; } =
        [Noisy((64, 4), 100_000), Noisy((128, 8), 20_000), Noisy((256, 16), 20_000), Noisy((256, 32), 20_000), Noisy((256, 64), 20_000)];

    /// <summary>Based figure 2: the test slices, up to four times the longest training row.</summary>
    public static IReadOnlyList<MqarSegment> BasedTest { get; } =
    [
        .. new[] { (64, 4), (64, 8), (64, 16), (128, 32), (256, 64), (512, 128), (1024, 256) }.Select(point => Noisy(point, 1_000)),
    ];

    private static MqarSegment Quiet((int Length, int Pairs) point, int examples) =>
        new(new MqarOptions { Length = point.Length, Pairs = point.Pairs, RandomNonQueries = false }, examples);

    private static MqarSegment Noisy((int Length, int Pairs) point, int examples) =>
        new(new MqarOptions { Length = point.Length, Pairs = point.Pairs, RandomNonQueries = true }, examples);
}
