using System.Text.Json;
using Bench.Attention;
using Bench.Domain.Protocol;
using Bench.Suites.Conformance;

namespace Bench.Suites.Tests.Conformance;

/// <summary>
/// What is said about golden status follows from the recorded cases; <see cref="GoldenCaseTests"/> proves that each of them is reproduced. Both
/// files are rewritten with <c>BENCH_UPDATE_SNAPSHOTS=1</c>, the coverage first, as the page shows what the build holds.
/// </summary>
public sealed class MechanismIndexTests
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private static bool Updates => Environment.GetEnvironmentVariable("BENCH_UPDATE_SNAPSHOTS") == "1";

    [Fact]
    public void The_golden_coverage_counts_the_recorded_cases()
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var folder in Directory.GetDirectories(RepositoryFolder.Of("tests", "golden")))
        {
            foreach (var implementation in ConformanceRunner.Cases(folder).SelectMany(ConformanceRunner.Implementations).Where(AttentionCatalogue.Contains))
            {
                counts[implementation] = counts.GetValueOrDefault(implementation) + 1;
            }
        }

        AssertCurrent(JsonSerializer.Serialize(counts, Indented) + "\n", "benchmarks", "Bench.Suites", "Conformance", "golden-coverage.json");
    }

    [Fact]
    public void The_page_of_mechanisms_is_current() => AssertCurrent(MechanismIndex.Markdown(), "docs", "mechanisms", "README.md");

    [Fact]
    public void A_listing_has_exactly_the_promised_fields()
    {
        var listing = JsonSerializer.SerializeToElement(AttentionListing.Of(AttentionCatalogue.Get("softmax/sdpa")), WireJson.Strict);
        Assert.Equal(
            ["id", "mechanism", "family", "patterns", "paper", "time", "memory", "stateSize", "golden"],
            listing.EnumerateObject().Select(property => property.Name));
        Assert.Matches("^[0-9]+ cases$", listing.GetProperty("golden").GetString());
    }

    [Fact]
    public void An_implementation_without_a_recorded_case_says_so() =>
        Assert.Equal("none", GoldenCoverage.Status("no-such/implementation"));

    private static void AssertCurrent(string expected, params string[] path)
    {
        var file = RepositoryFolder.Of(path);
        if (Updates)
        {
            File.WriteAllText(file, expected);
        }

        Assert.True(
            File.Exists(file) && File.ReadAllText(file) == expected,
            $"{string.Join('/', path)} is out of date. Run this test with BENCH_UPDATE_SNAPSHOTS=1, twice when recorded cases changed, and commit the file.");
    }
}
