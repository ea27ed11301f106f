using System.CommandLine;
using System.Text.Json;
using Bench.Attention;
using Bench.Domain.Matrix;
using Bench.Domain.Protocol;
using Bench.Suites.Efficiency;

namespace Bench.Agent.Commands;

/// <summary><c>bench compare</c>: forward time against a baseline measured in turn, so that both see the same machine.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        var only = new Option<string?>("--only") { Description = "Only implementations whose id contains one of these, separated by commas." };
        var pattern = new Option<string>("--pattern") { Description = "The pattern.", DefaultValueFactory = _ => "causal-self" };
        var baseline = new Option<string>("--baseline") { Description = "Implementation to compare with.", DefaultValueFactory = _ => "softmax/sdpa" };
        var length = new Option<int>("--length") { Description = "N, queries and keys.", DefaultValueFactory = _ => 16_384 };
        var heads = new Option<int>("--heads") { Description = "H.", DefaultValueFactory = _ => 8 };
        var headSize = new Option<int>("--head-size") { Description = "D.", DefaultValueFactory = _ => 64 };
        var threads = new Option<int>("--threads") { Description = "Threads of torch and of our kernels.", DefaultValueFactory = _ => 1 };
        var passes = new Option<int>("--passes") { Description = "Timed passes; the best counts, beside as many of the baseline.", DefaultValueFactory = _ => 3 };
        var json = CommonOptions.Json();
        var command = new Command(
            "compare", "Time forward passes in turn with a baseline and print the ratio and the rate of useful work; whoever fails the correctness gate gets none.")
        {
            only, pattern, baseline, length, heads, headSize, threads, passes, json,
        };
        command.SetAction(parsed => Failures.GuardAsync(() => Task.FromResult(
            RetainingAllocator.Restart("Take a shorter --length, fewer --heads, or name implementations with --only.") ?? Compare(
                new ForwardComparison(
                    AttentionPatterns.Parse(parsed.GetValue(pattern)!), parsed.GetValue(length), parsed.GetValue(heads), parsed.GetValue(headSize),
                    parsed.GetValue(threads), parsed.GetValue(passes)),
                parsed.GetValue(baseline)!, parsed.GetValue(only)?.Split(','), parsed.GetValue(json)))));
        return command;
    }

    private static int Compare(ForwardComparison comparison, string baseline, string[]? only, bool json)
    {
        var entries = AttentionCatalogue.All.Where(entry =>
            entry.Id != baseline && entry.Supports(comparison.Pattern) && (only is null || only.Any(part => entry.Id.Contains(part, StringComparison.Ordinal))));
        if (!json)
        {
            Console.WriteLine($"{"implementation",-34} {"ms",10} {"baseline ms",12} {"times faster",13} {"GFLOP/s",9} {"of baseline",12}");
        }

        var exit = ExitCode.Success;
        foreach (var row in comparison.Run(AttentionCatalogue.Get(baseline), entries))
        {
            exit = row.Incorrect ? ExitCode.Incorrect : exit;
            Console.WriteLine(json
                ? JsonSerializer.Serialize(row, WireJson.Strict)
                : row.Reason is { } reason
                    ? $"{row.Implementation,-34} {reason}"
                    : $"{row.Implementation,-34} {row.Milliseconds,10:F1} {row.BaselineMilliseconds,12:F1} {row.TimesFaster,13:F2} {row.GigaflopsPerSecond,9:F1} {row.ShareOfBaselineRate,12:F2}");
        }

        return exit;
    }
}
