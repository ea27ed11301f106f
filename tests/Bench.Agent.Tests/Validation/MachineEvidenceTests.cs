using Bench.Agent.Validation;

namespace Bench.Agent.Tests.Validation;

/// <summary>What <c>bench validate</c> sets beside the method's figures: the machine's own.</summary>
public sealed class MachineEvidenceTests
{
    [Fact]
    public void Stolen_time_is_the_eighth_column_of_the_kernels_books()
    {
        var start = StolenTime.Parse("cpu  100 20 30 4000 500 6 7 80 0 0");
        var end = StolenTime.Parse("cpu  190 20 30 9000 900 6 7 90 0 0");

        Assert.Equal(new StolenTime(80, 243), start);
        // 100 more ticks were wanted, idle ones and those that waited for a disk are not, and 10 of them were stolen.
        Assert.Equal(0.1, end.Since(start), 12);
        Assert.Equal(0, start.Since(start));
        Assert.InRange(StolenTime.ShareSince(StolenTime.Now()), 0, 1);
    }

    [Fact]
    public void The_bare_loop_takes_time_in_every_pass()
    {
        var samples = BareLoop.Samples(5);

        Assert.Equal(5, samples.Length);
        Assert.All(samples, milliseconds => Assert.True(milliseconds > 0));
        // A pass of the median is far shorter than one of the samples: the loop is not left out by the compiler.
        Assert.InRange(BareLoop.Median(), double.Epsilon, samples.Min());
    }
}
