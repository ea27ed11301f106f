using Bench.Suites.Harness;

namespace Bench.Suites.Tests.Harness;

public sealed class BudgetTests
{
    [Fact]
    public void Values_of_a_suite_replace_the_defaults()
    {
        var budget = Budget.Parse(new Dictionary<string, string> { ["processes"] = "2", ["maxSeconds"] = "1.5", ["memory"] = "false" });

        Assert.Equal((2, 1.5, false), (budget.Processes, budget.MaxSeconds, budget.Memory));
        Assert.Equal(new Budget().MinSamples, budget.MinSamples);
    }

    [Theory]
    [InlineData("process", "2", "There is no budget 'process'")]
    [InlineData("processes", "0", "at least 1")]
    [InlineData("maxSeconds", "NaN", "must be a number")]
    [InlineData("memory", "yes", "true or false")]
    public void A_wrong_value_says_what_would_be_right(string name, string value, string expected)
    {
        var mistake = Assert.Throws<FormatException>(() => Budget.Parse(new Dictionary<string, string> { [name] = value }));

        Assert.Contains(expected, mistake.Message, StringComparison.Ordinal);
    }
}
