using Bench.Domain.Analysis;

namespace Bench.Domain.Tests.Analysis;

public sealed class EffectiveLengthTests
{
    private static readonly (int, Estimate)[] Columns =
    [
        (512, new Estimate(0.88, new Interval(0.84, 0.92), 3)),
        (128, new Estimate(0.97, new Interval(0.95, 0.99), 3)),
        (256, new Estimate(0.90, new Interval(0.86, 0.94), 3)),
    ];

    [Theory]
    [InlineData(0.856, 256)]
    [InlineData(0.84, 512)]
    [InlineData(0.96, null)]
    public void Largest_length_whose_whole_interval_passes_counts(double threshold, int? expected) =>
        Assert.Equal(expected, EffectiveLength.Of(Columns, threshold));
}
