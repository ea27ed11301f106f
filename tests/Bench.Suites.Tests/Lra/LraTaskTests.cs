using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Data;
using Bench.Suites.Harness;
using Bench.Suites.Lra;

namespace Bench.Suites.Tests.Lra;

public sealed class LraTaskTests
{
    public static TheoryData<string> Ids => [.. TaskCatalogue.All.OfType<LraTask>().Select(task => task.Entry.Id)];

    [Fact]
    public void The_six_tasks_of_the_arena_and_its_matching_are_there() =>
        Assert.Equal(["lra/image", "lra/listops", "lra/matching", "lra/pathfinder", "lra/retrieval", "lra/text"], Ids.Select(id => (string)id!).Order(StringComparer.Ordinal));

    [Theory, MemberData(nameof(Ids))]
    public void A_cell_on_generated_rows_trains_and_reports_what_its_entry_promises(string id)
    {
        var task = TaskCatalogue.Get(id);
        var cell = Cell(id, "linear-attention/parallel");

        Assert.Null(task.WhyNot(cell));
        var result = task.Run(new CellPart("train", AllocatorKind.Retaining), new CellContext(cell, 1, new Budget(), _ => { }));

        Assert.Equal(task.Entry.Metrics.Select(metric => metric.Name).Order(StringComparer.Ordinal), result.Metrics.Select(metric => metric.Name).Order(StringComparer.Ordinal));
        var accuracy = result.Metrics.Single(metric => metric.Name == Metric.Accuracy.Name).Samples.Single();
        // A share of 20 rows.
        Assert.Equal(Math.Round(accuracy * 20), accuracy * 20, 1e-9);
        Assert.Equal(20, result.Facts["testRows"]);
        Assert.All(result.Facts.Keys, name => Assert.Contains(RunFact.Find(name).Fact, RunFact.All));
        Assert.Equal(2, result.Facts["dataTier"]);
        Assert.Equal(Enum.GetNames<DataTier>(), RunFact.Tiers.Select(tier => tier.Replace("-", "", StringComparison.Ordinal)), StringComparer.OrdinalIgnoreCase);
        Assert.Equal(result.Facts["parameters"] / result.Facts["baseParameters"], result.Facts["parameterRatio"]);
        Assert.Equal(0, result.Facts["overBudget"]);
        Assert.Equal(4, result.Facts["steps"]);
        Assert.Equal([2, 4], result.LearningCurve.Where(point => point.Metric == "accuracy").Select(point => point.Step));
    }

    [Fact]
    public void The_same_seed_gives_the_same_result_and_another_seed_another_one()
    {
        double Loss(int seed) => TaskCatalogue.Get("lra/matching")
            .Run(new CellPart("train", AllocatorKind.Retaining), new CellContext(Cell("lra/matching", "softmax/sdpa"), seed, new Budget(), _ => { }))
            .Metrics.Single(metric => metric.Name == Metric.TestLoss.Name).Samples.Single();

        Assert.Equal(Loss(1), Loss(1));
        Assert.NotEqual(Loss(1), Loss(2));
    }

    [Fact]
    public void A_model_with_a_tenth_more_parameters_than_softmax_is_marked()
    {
        // A learned matrix of length × length for each head.
        var cell = Cell("lra/matching", "synthesizer-random/naive") with { Length = 128 };

        var facts = TaskCatalogue.Get("lra/matching").Run(new CellPart("train", AllocatorKind.Retaining), new CellContext(cell, 1, new Budget(), _ => { })).Facts;

        Assert.True(facts["parameterRatio"] > 1.1);
        Assert.Equal(1, facts["overBudget"]);
    }

    [Theory, MemberData(nameof(Ids))]
    public void Other_patterns_are_refused_by_name(string id) =>
        Assert.All(AttentionPatterns.All.Except([AttentionPattern.NoncausalSelf]), pattern => Assert.Contains(
            "noncausal-self", TaskCatalogue.Get(id).WhyNot(Cell(id, "softmax/sdpa") with { Pattern = pattern }), StringComparison.Ordinal));

    [Theory]
    [InlineData("data", "stolen", "must be official, standin or synthetic")]
    [InlineData("data", "standin", "has no standin data")]
    [InlineData("config", "huge", "there are small, original, s4")]
    [InlineData("config", "original", "8 heads of 64 and batches of 32, not 2 of 8 and 8")]
    [InlineData("steps", "0", "whole number of at least 1")]
    [InlineData("learningRate", "0", "must be above 0")]
    [InlineData("pooling", "max", "must be one of class, mean")]
    [InlineData("schedule", "linear", "must be rsqrt")]
    [InlineData("minLength", "3000", "No expression has")]
    public void Parameters_that_cannot_be_are_refused_with_a_reason(string name, string value, string reason)
    {
        var cell = Cell("lra/listops", "softmax/sdpa");
        cell = cell with { Parameters = new(cell.Parameters, StringComparer.Ordinal) { [name] = value } };

        Assert.Contains(reason, TaskCatalogue.Get("lra/listops").WhyNot(cell), StringComparison.Ordinal);
    }

    [Fact]
    public void Data_that_is_not_there_makes_a_cell_ineligible_with_its_name_and_origin()
    {
        var cell = Cell("lra/image", "softmax/sdpa");
        string? WhyNot(string tier) => TaskCatalogue.Get("lra/image").WhyNot(cell with { Parameters = new(cell.Parameters, StringComparer.Ordinal) { ["data"] = tier } });

        Assert.Contains("cifar-10-batches-bin", WhyNot("official") ?? "cifar-10-batches-bin", StringComparison.Ordinal);
        Assert.Contains("fashion-mnist", WhyNot("standin") ?? "fashion-mnist", StringComparison.Ordinal);
        Assert.Null(WhyNot("synthetic"));
        Assert.Contains("a length of 100 is neither", TaskCatalogue.Get("lra/image").WhyNot(cell with { Length = 100 }), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Ids))]
    public void Every_task_is_described_with_an_example(string id) =>
        Assert.Contains($"`{id}`", File.ReadAllText(RepositoryFolder.Of("docs", "tasks", "lra.md")), StringComparison.Ordinal);

    private static Cell Cell(string id, string implementation) => new()
    {
        Task = id,
        Implementation = implementation,
        Pattern = AttentionPattern.NoncausalSelf,
        Batch = 8,
        Heads = 2,
        HeadSize = 8,
        Length = id is "lra/image" or "lra/pathfinder" ? 256 : 64,
        Parameters = new(
            new Dictionary<string, string>
            {
                ["data"] = "synthetic",
                ["steps"] = "4",
                ["evaluations"] = "2",
                ["trainRows"] = "24",
                ["validationRows"] = "10",
                ["testRows"] = "20",
            }.Concat(id switch
            {
                "lra/listops" => new Dictionary<string, string> { ["minLength"] = "8", ["maxDepth"] = "4" },
                "lra/pathfinder" => new Dictionary<string, string> { ["contour"] = "3" },
                _ => [],
            }).ToDictionary(),
            StringComparer.Ordinal),
    };
}
