using System.Text.Json;

namespace Bench.Agent.Tests.Commands;

public sealed class AnalyzeCommandTests
{
    [Theory]
    [InlineData("cab_cost_time.csv", "cab", 1877.3, 0.05)]
    [InlineData("cab_cost_memory.csv", "cab", 69.5, 0.05)]
    [InlineData("cab_cost_time.csv", "measured", 457, 1)]
    public async Task Both_protocols_find_the_efficiency_length_of_abc_in_the_published_costs(string file, string protocol, double expected, double within)
    {
        var (exit, output, error) = await BenchProcess.RunAsync(
            "analyze", "efficiency-length", BenchProcess.ProjectFile($"benchmarks/published/{file}"), "--protocol", protocol, "--json");

        Assert.True(exit == 0, error);
        var abc = JsonDocument.Parse(output).RootElement.EnumerateArray()
            .Single(row => row.GetProperty("implementation").GetString()!.Equals("ABC", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(expected, abc.GetProperty("efficiencyLength").GetDouble(), within);
        Assert.All(["lower", "upper", "censored", "r2"], name => Assert.True(abc.TryGetProperty(name, out _), name));
    }

    [Fact]
    public async Task The_table_shows_the_other_protocol_beside_the_wanted_one()
    {
        var (exit, output, _) = await BenchProcess.RunAsync(
            "analyze", "efficiency-length", BenchProcess.ProjectFile("benchmarks/published/cab_cost_time.csv"), "--protocol", "cab");

        Assert.Equal(0, exit);
        Assert.Contains("1877.3", output, StringComparison.Ordinal);
        Assert.Contains("measured", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_compositional_index_of_the_published_results_is_printed_for_every_pattern()
    {
        var (exit, output, error) = await BenchProcess.RunAsync(
            "analyze", "compositional-index", BenchProcess.ProjectFile("benchmarks/published/cab_task_results.csv"), "--json");

        Assert.True(exit == 0, error);
        Assert.All(
            ["noncausal-self", "causal-self", "noncausal-cross", "causal-cross"],
            pattern => Assert.Contains(pattern, output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("implementation,256,512\nvanilla,1,2\nabc,fast,3\n", "fast")]
    [InlineData("implementation,256,512\nabc,1,2\n", "baseline")]
    [InlineData("", "empty")]
    public async Task A_file_that_cannot_be_used_is_a_usage_error_that_names_the_reason(string text, string named)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);

        var (exit, output, error) = await BenchProcess.RunAsync("analyze", "efficiency-length", file);

        File.Delete(file);
        Assert.Equal(2, exit);
        Assert.Equal("", output);
        Assert.Contains(named, error, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_named()
    {
        var (exit, _, error) = await BenchProcess.RunAsync("analyze", "efficiency-length", "absent.csv");

        Assert.Equal(3, exit);
        Assert.Contains("absent.csv", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("analyse")]
    [InlineData("analyze", "efficiency-length")]
    [InlineData("analyze", "efficiency-length", "absent.csv", "--protocol", "guess")]
    public async Task A_wrong_command_line_is_a_usage_error(params string[] arguments)
    {
        var (exit, _, error) = await BenchProcess.RunAsync(arguments);

        Assert.Equal(2, exit);
        Assert.NotEqual("", error);
    }
}
