using Bench.Agent.Loop;

namespace Bench.Agent.Tests.Loop;

public sealed class CellGapsTests
{
    [Fact]
    public void Gap_is_the_time_between_the_end_of_a_cell_and_the_start_of_the_next()
    {
        var gaps = new CellGaps();
        foreach (var (start, end) in new[] { (0, 100), (110, 200), (230, 300), (320, 400) })
        {
            gaps.Starts(At(start));
            gaps.Ends(At(end));
        }

        Assert.Equal((3, 20.0), (gaps.Count, gaps.MedianMilliseconds));
    }

    [Fact]
    public void Wait_for_work_is_no_gap()
    {
        var gaps = new CellGaps();
        gaps.Starts(At(0));
        gaps.Ends(At(100));
        gaps.Waits();
        gaps.Starts(At(60_000));

        Assert.Equal((0, null as double?), (gaps.Count, gaps.MedianMilliseconds));
    }

    private static TimeSpan At(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
