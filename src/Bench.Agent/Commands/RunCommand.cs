using System.CommandLine;
using System.Text.Json;
using Bench.Agent.Loop;
using Bench.Domain.Analysis;
using Bench.Domain.Matrix;
using Bench.Domain.Protocol;
using Bench.Domain.Results;
using Bench.Suites.Harness;
using Bench.Suites.Plans;

namespace Bench.Agent.Commands;

/// <summary><c>bench run SUITE</c>: runs a suite here, without a server, and prints what it measures.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var suite = new Argument<string>("SUITE") { Description = "Name of a suite that comes with the build, or a path to a YAML file." };
        var only = new Option<string?>("--only") { Description = "Only cells whose canonical text contains this, such as 'softmax/sdpa' or 'N1024'." };
        var output = new Option<FileInfo?>("--output") { Description = "Append each result to this file, one JSON document a line." };
        var resume = new Option<bool>("--resume") { Description = "Skip cells that --output already holds." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Print the cells and the reasons of those that cannot run; run nothing." };
        var json = new Option<bool>("--json") { Description = "Print one JSON document a line instead of the table." };
        var command = new Command("run", "Run a suite on this machine and print what it measures; no server is needed.")
        {
            suite, only, output, resume, dryRun, json,
        };
        command.SetAction((parsed, cancellation) => Failures.GuardAsync(async () => await RunAsync(
            parsed.GetValue(dryRun)
                ? SuiteReader.ReadFile(SuiteFolder.Find(parsed.GetValue(suite)!), "cpu")
                : await PreparedPlan.ReadAsync(SuiteFolder.Find(parsed.GetValue(suite)!), parsed.GetValue(only), cancellation),
            SuiteReader.ReadTargets(SuiteFolder.Find(parsed.GetValue(suite)!)),
            parsed.GetValue(only), parsed.GetValue(output), parsed.GetValue(resume), parsed.GetValue(dryRun), parsed.GetValue(json), cancellation)));
        return command;
    }

    private static async Task<int> RunAsync(
        SuitePlan plan, IReadOnlyList<SuiteTarget> targets, string? only, FileInfo? output, bool resume, bool dryRun, bool json,
        CancellationToken cancellation)
    {
        var cells = plan.Cells.Where(planned => only is null || planned.Cell.CanonicalText.Contains(only, StringComparison.Ordinal)).ToList();
        var eligible = cells.Where(planned => planned.IneligibleReason is null).ToList();
        if (dryRun)
        {
            PrintPlan(cells, eligible);
            return ExitCode.Success;
        }

        var stored = resume && output is { Exists: true } ? Stored(output) : [];
        var finished = stored.Select(result => (result.Key, result.Seed)).ToHashSet();
        var report = new List<TargetLine>();
        void Judge(LocalResult record) => report.AddRange(targets.Select(target => target.Judge(record.Cell, record.Result.Metrics)).OfType<TargetLine>());
        var runner = new CellRunner(ChildCommand.Self(), EnvironmentProbe.OfMachine(), new AgentHome(AgentHome.Default).Checkpoints);
        var (failed, incorrect, number) = (0, 0, 0);
        foreach (var planned in eligible)
        {
            number++;
            if (finished.Contains((planned.Cell.Key, planned.Seed)))
            {
                Judge(stored.Last(result => result.Key == planned.Cell.Key && result.Seed == planned.Seed));
                continue;
            }

            var outcome = await runner.RunAsync(planned.Cell, planned.Seed, Budget.Parse(planned.Budget), _ => { }, cancellation);
            failed += outcome.Failure is null ? 0 : 1;
            incorrect += outcome.Failure?.Class == FailureClass.Incorrect ? 1 : 0;
            var record = new LocalResult(planned.Cell, planned.Seed, planned.Cell.Key, outcome.Result, outcome.Failure);
            if (output is not null)
            {
                await File.AppendAllTextAsync(output.FullName, JsonSerializer.Serialize(record, WireJson.Strict) + "\n", cancellation);
            }

            Console.WriteLine(json ? JsonSerializer.Serialize(record, WireJson.Strict) : $"{number,4}/{eligible.Count} {Line(record)}");
            Judge(record);
        }

        PrintTargets(report, json);

        await Console.Error.WriteLineAsync(
            $"{eligible.Count} cells, {finished.Count} finished before, {failed} without a number ({incorrect} incorrect), {cells.Count - eligible.Count} ineligible.");
        return incorrect > 0 ? ExitCode.Incorrect : ExitCode.Success;
    }

    /// <summary>One line for people: the cell and its headline numbers, or why there are none.</summary>
    private static string Line(LocalResult record)
    {
        var cell = record.Cell;
        var name = string.Join(' ', [cell.Implementation, .. cell.Options.Select(option => $"{option.Key}={option.Value}")]);
        var head = $"{cell.Task,-28} {name,-30} {cell.Pattern.Short} N={cell.Length,-6} seed {record.Seed}  ";
        return record.Failure is { } failure
            ? $"{head} {failure.Class}: {failure.Message}"
            : head + string.Join("  ", record.Result.Metrics.Select(metric =>
                $"{metric.Name} {Quantiles.Median(metric.Samples):G4} {metric.Unit}"));
    }

    private static void PrintPlan(List<PlannedCell> cells, List<PlannedCell> eligible)
    {
        foreach (var planned in cells)
        {
            Console.WriteLine($"{planned.Cell.CanonicalText} seed {planned.Seed}" + (planned.IneligibleReason is { } reason ? $"  -- {reason}" : ""));
        }

        Console.WriteLine($"{eligible.Count} of {cells.Count} cells can run; at most {eligible.Sum(cell => cell.EstimatedSeconds) / 60:0} minutes.");
    }

    /// <summary>The figures that the suite sets a bound to, one line each, or one JSON document.</summary>
    private static void PrintTargets(List<TargetLine> report, bool json)
    {
        if (report.Count == 0)
        {
            return;
        }

        var lines = report.OrderBy(line => line.Metric, StringComparer.Ordinal).ThenBy(line => line.Implementation, StringComparer.Ordinal).ToList();
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new TargetReport(lines), WireJson.Strict));
            return;
        }

        Console.WriteLine($"\n{"target",-28} {"implementation",-30} {"value",10}  {"bound",10}");
        foreach (var line in lines)
        {
            var bound = line.AtLeast is { } least ? $">= {least:G4}" : $"<= {line.AtMost:G4}";
            Console.WriteLine($"{line.Metric,-28} {line.Implementation,-30} {(line.Value is { } value ? $"{value:G4}" : "none"),10}  {bound,10}  {(line.Reached ? "reached" : "MISSED")}");
        }

        Console.WriteLine($"{lines.Count(line => line.Reached)} of {lines.Count} targets reached.");
    }

    private static List<LocalResult> Stored(FileInfo output) =>
        [.. File.ReadLines(output.FullName).Select(line => JsonSerializer.Deserialize<LocalResult>(line, WireJson.Lenient)!)
            .Where(result => result.Failure?.Class is null or not (FailureClass.Crashed or FailureClass.Infrastructure))];

    /// <summary>Every figure with a bound, the last document of a run in JSON.</summary>
    private sealed record TargetReport(IReadOnlyList<TargetLine> Targets);

    /// <summary>One line of an output file.</summary>
    private sealed record LocalResult(Cell Cell, int Seed, string Key, PartResult Result, Failure? Failure = null);
}
