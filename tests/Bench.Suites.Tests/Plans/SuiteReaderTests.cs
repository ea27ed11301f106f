using Bench.Domain.Matrix;
using Bench.Suites.Plans;

namespace Bench.Suites.Tests.Plans;

public sealed class SuiteReaderTests
{
    private const string Valid = """
        name: tiny
        title: Two lengths
        budget: {processes: 2, maxSeconds: 1}
        cells:
          - task: efficiency/forward
            implementations: ["softmax/*", "!softmax/naive"]
            patterns: [causal-self, noncausal-cross]
            lengths: [64, 128]
            sourceLengths: [32]
            seeds: [1, 2]
        """;

    [Fact]
    public void A_suite_expands_to_every_combination_of_what_it_lists()
    {
        var plan = SuiteReader.Read(Valid, "tiny.yaml", "cpu");

        Assert.Equal(2 * 2 * 2, plan.Cells.Count);
        Assert.All(plan.Cells, planned => Assert.Equal("softmax/sdpa", planned.Cell.Implementation));
        Assert.All(plan.Cells, planned => Assert.Equal(planned.Cell.Pattern.IsCross ? 32 : null, planned.Cell.SourceLength));
        Assert.All(plan.Cells, planned => Assert.Equal("2", planned.Budget["processes"]));
    }

    [Fact]
    public void Expanding_twice_gives_the_same_order_and_the_same_hash()
    {
        var (first, second) = (SuiteReader.Read(Valid, "a", "cpu"), SuiteReader.Read(Valid, "b", "cpu"));

        Assert.Equal(first.ContentHash, second.ContentHash);
        Assert.Equal(first.Cells.Select(cell => cell.Cell.Key), second.Cells.Select(cell => cell.Cell.Key));
    }

    [Fact]
    public void Every_mistake_is_listed_at_once_with_its_place()
    {
        const string wrong = """
            name: Not Kebab
            title: ""
            budget: {procesess: 2}
            cells:
              - task: efficiency/forwards
                implementations: [sotfmax/naive]
                patterns: [causal]
                lengths: [0]
                dtypes: [float31]
              - task: efficiency/forward
                implementations: [softmax/naive]
                lengths: [64]
                options: {window: 8}
                parameters: {pairs: 4}
            """;

        var mistakes = Assert.Throws<SuiteException>(() => SuiteReader.Read(wrong, "wrong.yaml", "cpu")).Mistakes;

        foreach (var part in new[]
        {
            "name:", "title:", "procesess", "cells[0].task", "sotfmax/naive", "cells[0].patterns: 'causal'", "cells[0].lengths", "float31",
            "cells[1].options", "cells[1].parameters",
        })
        {
            Assert.Contains(mistakes, mistake => mistake.Contains(part, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("cells: [", "line")]
    [InlineData("name: a\nname: b", "name")]
    [InlineData("nam: a", "nam")]
    [InlineData("", "cells")]
    public void Text_that_is_no_suite_is_refused_with_a_place(string yaml, string expected)
    {
        var mistake = Assert.Throws<SuiteException>(() => SuiteReader.Read(yaml, "x.yaml", "cpu"));

        Assert.Contains(expected, mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cell_that_cannot_run_stays_in_the_plan_with_its_reason()
    {
        var plan = SuiteReader.Read(
            "{name: t, title: t, cells: [{task: efficiency/forward, implementations: [local/blocked], patterns: [causal-cross], lengths: [64]}]}", "t", "cpu");

        var planned = Assert.Single(plan.Cells);
        Assert.Contains("does not support causal-cross", planned.IneligibleReason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_of_option_values_becomes_a_cell_for_each()
    {
        var plan = SuiteReader.Read(
            "{name: t, title: t, cells: [{task: efficiency/forward, implementations: [local/blocked], patterns: [causal-self], lengths: [64], options: {window: [8, 16]}}]}",
            "t", "cpu");

        Assert.Equal(["16", "8"], plan.Cells.Select(planned => planned.Cell.Options["window"]).Order());
    }

    [Fact]
    public void Every_suite_that_comes_with_the_build_is_valid()
    {
        Assert.NotEmpty(SuiteFolder.Names());
        Assert.All(SuiteFolder.Names(), name =>
        {
            var plan = SuiteReader.ReadFile(SuiteFolder.Find(name), "cpu");
            Assert.Equal(name, plan.Name);
            // What the papers' suites want and no package ships; every other reason is a mistake in the suite.
            bool LacksOnlyData(PlannedCell planned) => planned.IneligibleReason is null || planned.IneligibleReason.StartsWith("The data set '", StringComparison.Ordinal);
            Assert.Contains(plan.Cells, LacksOnlyData);
            Assert.All(plan.Cells.Where(planned => planned.Cell.Implementation == "softmax/sdpa" && (name is "lra" or "cab")), planned =>
                Assert.True(LacksOnlyData(planned), $"{planned.Cell.CanonicalText}: {planned.IneligibleReason}"));
        });
    }

    [Fact]
    public void An_unknown_suite_name_lists_those_that_exist()
    {
        var mistake = Assert.Throws<FileNotFoundException>(() => SuiteFolder.Find("quikc"));

        Assert.Contains("quick", mistake.Message, StringComparison.Ordinal);
    }
}
