using Bench.Domain.Analysis;

namespace Bench.Domain.Tests.Analysis;

public sealed class RooflineEfficiencyLengthTests
{
    private static readonly int[] Lengths = [16, 64, 256, 1024];

    [Fact]
    public void A_linear_cost_crosses_a_quadratic_one_where_the_work_is_equal()
    {
        // 4·N²·D against 4·N·D·200: equal work at N = 200, far from the bandwidth's roof.
        var found = RooflineEfficiencyLength.Of(
            "linear",
            Lengths.Select(n => new RequiredWork(n, 4.0 * n * n * 64, 1)),
            Lengths.Select(n => new RequiredWork(n, 4.0 * n * 200 * 64, 1)),
            flopsPerSecond: 1e9, bytesPerSecond: 1e9);

        Assert.Equal(200, found.Value!.Value, 6);
        Assert.Equal(RooflineEfficiencyLength.Protocol, found.Protocol);
    }

    [Fact]
    public void Bandwidth_decides_where_it_takes_longer_than_the_operations()
    {
        // The method computes nothing but moves as many bytes as the baseline needs operations up to N = 512.
        var found = RooflineEfficiencyLength.Of(
            "streaming",
            Lengths.Select(n => new RequiredWork(n, (double)n * n, 1)),
            Lengths.Select(n => new RequiredWork(n, 1, 512.0 * n)),
            flopsPerSecond: 1e9, bytesPerSecond: 1e9);

        Assert.Equal(512, found.Value!.Value, 6);
    }

    [Fact]
    public void Equal_work_is_never_cheaper()
    {
        var work = Lengths.Select(n => new RequiredWork(n, 4.0 * n * n, n)).ToList();

        Assert.Equal(Censoring.AboveRange, RooflineEfficiencyLength.Of("same", work, work, 1e9, 1e9).Censoring);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, -1)]
    public void A_peak_that_is_no_positive_number_is_refused(double flops, double bytes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => RooflineEfficiencyLength.Of("x", [], [], flops, bytes));
}
