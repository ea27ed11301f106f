using Bench.Suites.Conformance;

namespace Bench.Suites.Tests.Conformance;

/// <summary>Every recorded case of the linear, recurrent, state-space and memory mechanisms, in every implementation.</summary>
public sealed class LinearGoldenTests
{
    [Fact]
    public void Every_linear_case_is_implemented_and_reproduced()
    {
        var report = ConformanceRunner.Run(RepositoryFolder.Of("tests", "golden", "linear"));

        var wrong = report.Cases.Where(golden => golden.Status != "passed").Select(golden => $"{golden.File}: {golden.Worst} {golden.Message}");
        Assert.Empty(wrong);
        Assert.NotEqual(0, report.Passed);
    }
}
