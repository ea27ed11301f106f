using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Harness;
using Bench.Suites.Plans;
using Bench.Suites.Scaling;

namespace Bench.Suites.Tests.Scaling;

public sealed class LinearScalingTaskTests
{
    private static Cell Of(string implementation, int length = 16_384) => new()
    {
        Task = "scaling/linear",
        Implementation = implementation,
        Pattern = AttentionPattern.CausalSelf,
        Length = length,
    };

    [Fact]
    public void Layers_are_refused_because_their_projections_hide_the_scan() =>
        Assert.Contains("projections", new LinearScalingTask().WhyNot(Of("mamba/chunked")), StringComparison.Ordinal);

    [Fact]
    public void Lengths_below_that_of_the_shares_are_refused() =>
        Assert.Contains("at least 16384", new LinearScalingTask().WhyNot(Of("gla/fused", 4_096)), StringComparison.Ordinal);

    [Fact]
    public void Every_cell_of_the_suite_can_run_and_has_every_figure_that_its_targets_ask_for()
    {
        var path = SuiteFolder.Find("linear-scaling");
        var plan = SuiteReader.ReadFile(path, "cpu");
        var metrics = TaskCatalogue.Get("scaling/linear").Entry.Metrics.Select(metric => metric.Name);

        Assert.All(plan.Cells, cell => Assert.Null(cell.IneligibleReason));
        Assert.All(SuiteReader.ReadTargets(path), target => Assert.Contains(target.Metric, metrics));
    }

    [Fact]
    public void A_run_reports_every_metric_of_its_entry()
    {
        // One round at the shortest length that the task takes: the figures mean nothing, their presence does.
        var task = new LinearScalingTask();
        var cell = Of("linear-attention/fused") with { Heads = 1, HeadSize = 16 };
        var context = new CellContext(cell, 1, new Budget { MinSamples = 1 }, _ => { });

        var results = task.Parts(cell, context.Budget).Select(part => task.Run(part, context)).ToList();
        var found = results.SelectMany(result => result.Metrics).ToList();

        Assert.Equal(
            OperatingSystem.IsLinux() ? 6 : 5,
            task.Entry.Metrics.Where(metric => metric.Name != ScalingMetrics.EfficiencyLength.Name).Count(metric => found.Exists(one => one.Name == metric.Name)));
        Assert.All(found.SelectMany(metric => metric.Samples), sample => Assert.True(double.IsFinite(sample)));
        Assert.All(results.SelectMany(result => result.Facts.Keys), name => Assert.Contains(RunFact.Find(name).Fact, RunFact.All));
    }
}
