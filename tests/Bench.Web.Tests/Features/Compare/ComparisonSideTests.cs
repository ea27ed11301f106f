using Bench.Web.Features.Compare;

namespace Bench.Web.Tests.Features.Compare;

public sealed class ComparisonSideTests
{
    [Theory]
    [InlineData("gla/chunked", "implementation:gla/chunked")]
    [InlineData("gla", "mechanism:gla")]
    [InlineData("dtype:bfloat16, commit:0123abc", "commit:0123abc,dtype:bfloat16")]
    [InlineData("gla/chunked since:2026-03-01", "implementation:gla/chunked,since:2026-03-01T00:00:00Z")]
    public void Side_is_written_back_in_one_form(string text, string expected)
    {
        Assert.True(ComparisonSide.TryParse(text, out var side, out var mistake), mistake);

        Assert.Equal(expected, side.ToString());
        Assert.True(ComparisonSide.TryParse(side.ToString(), out var again, out _));
        Assert.Equal(side, again);
    }

    [Theory]
    [InlineData("", "at least one condition")]
    [InlineData("host:alpha", "'host' is no kind of condition")]
    [InlineData("commit:", "has no value")]
    [InlineData("since:yesterday", "is no instant")]
    public void Side_that_cannot_be_read_says_what_would_be_right(string text, string expected)
    {
        Assert.False(ComparisonSide.TryParse(text, out _, out var mistake));

        Assert.Contains(expected, mistake, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gla", true)]
    [InlineData("gla,environment:abc", true)]
    [InlineData("gla,commit:abc", false)]
    [InlineData("gla,until:2026-01-01", false)]
    public void Only_a_side_without_time_or_maker_reads_the_newest_runs_alone(string text, bool expected)
    {
        Assert.True(ComparisonSide.TryParse(text, out var side, out _));

        Assert.Equal(expected, side.IsLatest);
    }
}
