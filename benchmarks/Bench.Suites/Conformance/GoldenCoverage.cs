using System.Text.Json;

namespace Bench.Suites.Conformance;

/// <summary>
/// How many of the recorded cases in <c>tests/golden</c> each implementation is run against. The numbers are a resource that the tests
/// compare with the cases themselves; the tests also fail unless every one of these cases is reproduced.
/// </summary>
public static class GoldenCoverage
{
    private const string Resource = "golden-coverage.json";

    private static readonly Dictionary<string, int> Counts = Read();

    /// <summary>Recorded cases that the implementation reproduces, outputs and gradients; 0 when none is bound to it.</summary>
    public static int Of(string implementation) => Counts.GetValueOrDefault(implementation);

    /// <summary>Status for people and for <c>bench list</c>: <c>7 cases</c>, <c>1 case</c> or <c>none</c>.</summary>
    public static string Status(string implementation) => Of(implementation) switch
    {
        0 => "none",
        1 => "1 case",
        var count => $"{count} cases",
    };

    private static Dictionary<string, int> Read()
    {
        using var stream = typeof(GoldenCoverage).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The resource {Resource} is not in {typeof(GoldenCoverage).Assembly.GetName().Name}.");
        return JsonSerializer.Deserialize<Dictionary<string, int>>(stream)!;
    }
}
