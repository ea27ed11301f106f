using System.Text.Json;

namespace Bench.Agent.Tests.Commands;

public sealed class LoadCommandTests
{
    [Fact]
    public async Task Simulated_agents_lose_and_double_nothing()
    {
        var (exit, output, error) = await BenchProcess.RunAsync("load", "--agents", "8", "--seconds", "2", "--port", "5490", "--json");

        Assert.True(exit == 0, error);
        var report = JsonDocument.Parse(output).RootElement;
        Assert.Equal(8, report.GetProperty("agents").GetInt32());
        Assert.All(
            ["duplicateLeases", "lostResults", "doubledResults", "errors"],
            name => Assert.Equal(0, report.GetProperty(name).GetInt32()));
        var claims = report.GetProperty("claims").GetProperty("count").GetInt32();
        Assert.True(claims > 0);
        Assert.Equal(claims, report.GetProperty("results").GetProperty("count").GetInt32());
    }

    [Theory]
    [InlineData("--agents", "0")]
    [InlineData("--seconds", "-5")]
    public async Task Sizes_out_of_range_are_a_usage_error(string option, string value)
    {
        var (exit, _, error) = await BenchProcess.RunAsync("load", option, value);

        Assert.Equal(2, exit);
        Assert.Contains("must be from", error, StringComparison.Ordinal);
    }
}
