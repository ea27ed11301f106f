using Bench.Suites.Conformance;

namespace Bench.Suites.Tests.Conformance;

public sealed class GoldenCaseTests
{
    /// <summary>Every recorded case in the repository, by family and file.</summary>
    public static IEnumerable<TheoryDataRow<string, string>> Recorded() =>
        from folder in Directory.GetDirectories(RepositoryFolder.Of("tests", "golden")).Order(StringComparer.Ordinal)
        from golden in ConformanceRunner.Cases(folder)
        select new TheoryDataRow<string, string>(Path.GetFileName(folder), golden.File);

    [Theory, MemberData(nameof(Recorded))]
    public void Every_implementation_reproduces_the_recorded_case(string family, string file)
    {
        var golden = ConformanceRunner.Cases(RepositoryFolder.Of("tests", "golden", family)).Single(golden => golden.File == file);
        var report = ConformanceRunner.Run(golden);
        Assert.True(report.Status == "passed", $"{report.Implementation}: {report.Status}, {report.Worst} off by {report.MaxAbsError:g3}. {report.Message}");
    }
}
