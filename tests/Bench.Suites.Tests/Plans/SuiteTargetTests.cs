using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Plans;

namespace Bench.Suites.Tests.Plans;

public sealed class SuiteTargetTests
{
    private static readonly Cell Cell = new() { Task = "efficiency/forward", Implementation = "gla/fused", Pattern = AttentionPattern.CausalSelf, Length = 64 };

    [Theory]
    [InlineData(9.9, true)]
    [InlineData(10, true)]
    [InlineData(10.1, false)]
    public void An_upper_bound_is_kept_up_to_itself(double value, bool reached)
    {
        var target = new SuiteTarget { Metric = "timeMs", Implementations = ["*/fused"], AtMost = 10 };

        Assert.Equal(reached, target.Judge(Cell, [MetricSamples.Of(Metric.TimeMs, value)])!.Reached);
    }

    [Theory]
    [InlineData(0.74, false)]
    [InlineData(0.75, true)]
    public void A_lower_bound_is_kept_from_itself_on(double value, bool reached)
    {
        var target = new SuiteTarget { Metric = "timeMs", Implementations = ["*"], AtLeast = 0.75 };

        Assert.Equal(reached, target.Judge(Cell, [MetricSamples.Of(Metric.TimeMs, value)])!.Reached);
    }

    [Fact]
    public void The_median_of_the_samples_is_judged()
    {
        var target = new SuiteTarget { Metric = "timeMs", Implementations = ["*"], AtMost = 3 };

        Assert.Equal(2, target.Judge(Cell, [MetricSamples.Of(Metric.TimeMs, 1, 2, 100)])!.Value);
    }

    [Fact]
    public void A_figure_that_is_not_there_misses_its_target()
    {
        var target = new SuiteTarget { Metric = "timeMs", Implementations = ["*"], AtMost = 3 };

        var line = target.Judge(Cell, []);

        Assert.False(line!.Reached);
        Assert.Null(line.Value);
    }

    [Fact]
    public void Other_implementations_are_not_judged() =>
        Assert.Null(new SuiteTarget { Metric = "timeMs", Implementations = ["*/chunked"], AtMost = 3 }.Judge(Cell, []));

    [Fact]
    public void A_suite_names_the_mistakes_of_its_targets()
    {
        const string Yaml = """
            name: tiny
            title: One length
            cells:
              - task: efficiency/forward
                implementations: [softmax/sdpa]
                lengths: [64]
            targets:
              - {metric: accuracy, implementations: ["*"], atLeast: 1}
              - {metric: timeMs, implementations: ["*"]}
            """;

        var mistakes = Assert.Throws<SuiteException>(() => SuiteReader.Read(Yaml, "tiny.yaml", "cpu")).Mistakes;

        Assert.Equal(2, mistakes.Count);
        Assert.Contains("targets[0].metric: no task of the suite reports 'accuracy'", mistakes[0], StringComparison.Ordinal);
        Assert.Contains("targets[1]: give either", mistakes[1], StringComparison.Ordinal);
    }
}
