using Bench.Data.Rows;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Web.Components.Format;

namespace Bench.Web.Features.Changes;

/// <summary>A change in words.</summary>
internal static class ChangeWords
{
    /// <summary>States that still ask for somebody.</summary>
    public static IReadOnlyList<ChangeState> Open { get; } = [ChangeState.Detected, ChangeState.Acknowledged];

    /// <summary>Which way the number went.</summary>
    public static string Direction(Change change) => (change.Metric, change.IsWorse) switch
    {
        ("timeMs", true) => "slower",
        ("timeMs", false) => "faster",
        ("peakMemoryBytes", true) => "more memory",
        ("peakMemoryBytes", false) => "less memory",
        (_, true) => "worse",
        _ => "better",
    };

    /// <summary>A level with its unit.</summary>
    public static string Level(Change change, double value) =>
        change.Metric == Metric.Accuracy.Name ? Show.Percent(value) + " %" : Show.Quantity(value, change.Unit);

    /// <summary>The facts that differ, the first few by name.</summary>
    public static string Cause(Change change) => change.Differences.Count == 0
        ? "no recorded fact;"
        : string.Join(", ", change.Differences.Take(3).Select(fact => fact.Name)) + (change.Differences.Count > 3 ? $" and {change.Differences.Count - 3} more;" : ";");

    /// <summary>A state with its colour.</summary>
    public static (string Word, string Class) Of(ChangeState state) => state switch
    {
        ChangeState.Detected => ("open", "bad"),
        ChangeState.Acknowledged => ("acknowledged", "warn"),
        ChangeState.Fixed => ("fixed", "good"),
        ChangeState.Accepted => ("accepted", "good"),
        _ => ("ignored", ""),
    };

    /// <summary>The whole change in one sentence.</summary>
    public static string Sentence(Change change) =>
        $"{change.Series} is {(Direction(change).Contains("memory", StringComparison.Ordinal) ? $"using {Direction(change)}" : Direction(change))}: {History.Signed(change.RelativeChange)} at {Show.Count(change.Length)} tokens ({change.Task}, {change.Pattern.Name})";

    /// <summary>Two commits as a range, or what is known of them.</summary>
    public static string Commits(Change change) => (Short(change.CommitBefore), Short(change.CommitAfter)) switch
    {
        ("", "") => "commits not recorded",
        var (before, after) when before == after => $"same commit {before}",
        var (before, after) => $"{before} to {after}",
    };

    private static string Short(string commit) => commit.Length > 12 ? commit[..12] : commit;
}
