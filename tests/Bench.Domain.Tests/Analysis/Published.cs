namespace Bench.Domain.Tests.Analysis;

/// <summary>Published tables, copied beside the tests from <c>benchmarks/published</c>.</summary>
internal static class Published
{
    public static string Text(string file) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "published", file));
}
