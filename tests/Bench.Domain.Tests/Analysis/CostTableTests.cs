using Bench.Domain.Analysis;

namespace Bench.Domain.Tests.Analysis;

public sealed class CostTableTests
{
    [Fact]
    public void Wide_and_long_form_of_the_same_numbers_are_equal()
    {
        var wide = CostTable.Parse("implementation,256,512\nvanilla,1,2\nABC,3,4\n");
        var tall = CostTable.Parse("mechanism,sequence_length,time_ms\nvanilla,256,1\nvanilla,512,2\nABC,256,3\nABC,512,4\n");

        Assert.Equal(wide.Curves.Select(Describe), tall.Curves.Select(Describe));
        Assert.Null(wide.Quantity);
        Assert.Equal(CostQuantity.Time, tall.Quantity);

        static string Describe(CostCurve curve) => $"{curve.Implementation}: {string.Join(' ', curve.Points.Select(p => $"{p.Length}={p.Median}"))}";
    }

    [Fact]
    public void Published_memory_table_says_what_it_shows() =>
        Assert.Equal(CostQuantity.Memory, CostTable.Parse(Published.Text("cab_cost_memory.csv")).Quantity);

    [Fact]
    public void Repeated_rows_are_repetitions_and_marks_are_failures()
    {
        var curve = CostTable.Parse("implementation,256,512,1024,2048\nsoftmax/naive,1,OOM,,5\nsoftmax/naive,3,9,n/m,T/O\n").Baseline(null);

        Assert.Equal([256, 512, 2048], curve.Points.Select(point => point.Length));
        Assert.Equal(2, curve.Points[0].Median);
        Assert.Equal([CostOutcome.Measured, CostOutcome.OutOfMemory, CostOutcome.TimedOut], curve.Points.Select(point => point.Outcome));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("implementation,short,long\nvanilla,1,2\n", "wide form")]
    [InlineData("implementation,256\nvanilla,fast\n", "Line 2")]
    [InlineData("implementation,256\nvanilla,1,2\n", "Line 2 has 3 cells")]
    [InlineData("implementation,256\n\"vanilla,1\n", "never closed")]
    public void Broken_tables_are_refused_with_their_place(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<FormatException>(() => CostTable.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("0")]
    [InlineData("-3")]
    public void Costs_that_are_not_positive_are_refused(string cost) =>
        Assert.Throws<ArgumentException>(() => CostTable.Parse($"implementation,256\nvanilla,{cost}\n"));

    [Fact]
    public void Missing_baseline_is_refused_with_the_names_that_exist() =>
        Assert.Contains("ABC", Assert.Throws<ArgumentException>(() => CostTable.Parse("implementation,256\nABC,1\n").Baseline(null)).Message, StringComparison.Ordinal);
}
