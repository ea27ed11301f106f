using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Harness;
using Bench.Suites.Plans;

namespace Bench.Suites.Tests.Lra;

/// <summary>The suite for a CPU: its cells run, and a small model learns.</summary>
public sealed class LraSuiteTests
{
    /// <summary>Six tasks, each with ten implementations at least.</summary>
    [Fact]
    public void The_small_suite_has_every_task_with_at_least_ten_implementations() =>
        Assert.Equal(
            ["lra/image", "lra/listops", "lra/matching", "lra/pathfinder", "lra/retrieval", "lra/text"],
            Cells().GroupBy(cell => cell.Task).Where(task => task.Select(cell => cell.Mechanism).Distinct().Count() >= 10)
                .Select(task => task.Key).Order(StringComparer.Ordinal));

    /// <summary>On generated rows: with one document, with pairs, and with a class vector and hidden pixels.</summary>
    [Theory]
    [InlineData("lra/listops")]
    [InlineData("lra/matching")]
    [InlineData("lra/pathfinder")]
    public void Every_implementation_of_the_small_suite_trains(string task)
    {
        foreach (var cell in Cells().Where(cell => cell.Task == task))
        {
            Assert.Null(TaskCatalogue.Get(task).WhyNot(cell));

            var result = Run(cell, ("steps", "2"), ("evaluations", "1"), ("trainRows", "64"), ("validationRows", "8"), ("testRows", "8"));

            Assert.True(result.Metrics.Count >= 4, $"{cell.Implementation} has only {result.Metrics.Count} metrics.");
            Assert.True(result.Facts["parameterRatio"] > 0.5, $"{cell.Implementation} has {result.Facts["parameters"]} parameters.");
        }
    }

    [Fact, Trait("Category", "Slow")]
    public void A_small_model_learns_to_match_documents()
    {
        var cell = Cells().Single(cell => cell is { Task: "lra/matching", Implementation: "linear-attention/parallel" });

        var result = Run(cell with { Length = 32 }, ("shared", "1"), ("rare", "6"), ("trainRows", "4000"), ("validationRows", "200"), ("testRows", "400"));

        // Guessing reaches 0.5; the 99.9 % interval of 400 rows ends below 0.6.
        Assert.InRange(result.Metrics.Single(metric => metric.Name == Metric.Accuracy.Name).Samples.Single(), 0.6, 1);
    }

    private static IReadOnlyList<Cell> Cells() =>
        [.. SuiteReader.ReadFile(SuiteFolder.Find("lra-small"), "cpu").Cells.Select(planned => planned.Cell)];

    private static PartResult Run(Cell cell, params IEnumerable<(string Name, string Value)> changes)
    {
        var parameters = new SortedDictionary<string, string>(cell.Parameters, StringComparer.Ordinal);
        foreach (var (name, value) in changes)
        {
            parameters[name] = value;
        }

        return TaskCatalogue.Get(cell.Task).Run(
            new CellPart("train", AllocatorKind.Retaining), new CellContext(cell with { Parameters = parameters }, 1, new Budget(), _ => { }));
    }
}
