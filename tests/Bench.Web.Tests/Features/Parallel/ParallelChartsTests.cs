using Bench.Web.Components.Charts;
using Bench.Web.Features.Parallel;

namespace Bench.Web.Tests.Features.Parallel;

public sealed class ParallelChartsTests
{
    private static readonly ParallelPoint[] Points =
    [
        new("gla/fused", "gla/fused", 1024, 2, 1000, 900, "run_1"),
        new("gla/fused", "gla/fused", 1024, 4, 3000, 2700, "run_2"),
        new("gla/fused", "gla/fused", 4096, 4, 3000, 2700, "run_3"),
        new("softmax/sdpa", "softmax/sdpa", 1024, 4, 12000, 28000, "run_4"),
    ];

    [Fact]
    public void The_sentence_compares_at_the_greatest_length_that_all_have() =>
        Assert.Equal("At 1024 tokens over 4 workers softmax/sdpa sends 4 times as much as gla/fused.", ParallelCharts.Sentence(Points).Replace("4.0", "4", StringComparison.Ordinal));

    [Fact]
    public void Charts_show_the_most_workers_over_length_and_the_common_length_over_workers()
    {
        var charts = ParallelCharts.Of(Points, new SeriesPalette(["gla/fused", "softmax/sdpa"], "softmax/sdpa")).ToList();

        Assert.Equal([1024, 4096], charts[0].Series.Single(series => series.Id == "gla/fused").Points.Select(point => point.X));
        Assert.Equal([2, 4], charts[1].Series.Single(series => series.Id == "gla/fused").Points.Select(point => point.X));
    }

    [Fact]
    public void One_worker_alone_draws_nothing()
    {
        ParallelPoint[] alone = [new("gla/fused", "gla/fused", 1024, 1, 0, 0, "run_1")];

        Assert.Empty(ParallelCharts.Of(alone, new SeriesPalette([], "softmax/sdpa")));
        Assert.Equal("With one worker nothing is sent.", ParallelCharts.Sentence(alone));
    }
}
