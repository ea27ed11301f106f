using System.CommandLine;
using System.Text.Json;
using Bench.Attention;
using Bench.Domain.Matrix;
using Bench.Domain.Protocol;
using Bench.Suites.Harness;
using Bench.Suites.Plans;

namespace Bench.Agent.Commands;

/// <summary><c>bench list attention|tasks|suites</c>: what this build can run.</summary>
internal static class ListCommand
{
    public static Command Create() => new("list", "List what this build can run.") { Attention(), Tasks(), Suites() };

    private static Command Attention()
    {
        var pattern = new Option<string?>("--pattern") { Description = "Only implementations of this pattern, such as causal-self." };
        var json = CommonOptions.Json();
        var command = new Command("attention", "List attention implementations.") { pattern, json };
        command.SetAction(parsed => Failures.GuardAsync(() => Task.FromResult(PrintAttention(parsed.GetValue(pattern), parsed.GetValue(json)))));
        return command;
    }

    private static int PrintAttention(string? pattern, bool json)
    {
        var wanted = pattern is null ? (AttentionPattern?)null : AttentionPatterns.Parse(pattern);
        var entries = AttentionCatalogue.All.Where(entry => wanted is null || entry.Supports(wanted.Value)).ToList();
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(
                entries.Select(entry => new
                {
                    entry.Id,
                    entry.Mechanism,
                    entry.Family,
                    Patterns = entry.AllPatterns.ToList(),
                    Extensions = entry.Facts.Extensions,
                    entry.Facts.Paper,
                    entry.Facts.Time,
                    entry.Facts.Memory,
                    StateSize = entry.Facts.State,
                    Reference = entry.Facts.Reference,
                    Level = entry.IsLayer ? "layer" : "operator",
                    Options = entry.DefaultOptions(),
                }),
                WireJson.Strict));
            return ExitCode.Success;
        }

        foreach (var entry in entries)
        {
            var patterns = string.Join(' ', entry.AllPatterns.Select(p => p.Short + (entry.Facts.Extensions.Contains(p) ? "*" : "")));
            Console.WriteLine($"{entry.Id,-34} {patterns,-15} {entry.Facts.Time,-14} {entry.Facts.Memory,-12} {entry.Facts.Paper}");
        }

        Console.WriteLine($"{entries.Count} implementations of {entries.Select(entry => entry.Mechanism).Distinct().Count()} mechanisms. * extension, not published by its authors.");
        return ExitCode.Success;
    }

    private static Command Tasks()
    {
        var json = CommonOptions.Json();
        var command = new Command("tasks", "List tasks with their metrics and parameters.") { json };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(TaskCatalogue.All.Select(task => new { task.Entry, task.Parameters }), WireJson.Strict));
                return;
            }

            foreach (var task in TaskCatalogue.All)
            {
                Console.WriteLine($"{task.Entry.Id,-28} {string.Join(", ", task.Entry.Metrics.Select(metric => $"{metric.Name} [{metric.Unit}]"))}");
                if (task.Parameters.Count > 0)
                {
                    Console.WriteLine($"{"",-28} {string.Join(", ", task.Parameters.Select(pair => $"{pair.Key}={pair.Value}"))}");
                }
            }
        });
        return command;
    }

    private static Command Suites()
    {
        var json = CommonOptions.Json();
        var command = new Command("suites", "List the suites that come with this build.") { json };
        command.SetAction(parsed => Failures.GuardAsync(() =>
        {
            var plans = SuiteFolder.Names().Select(name => SuiteReader.ReadFile(SuiteFolder.Find(name), "cpu")).ToList();
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(
                    plans.Select(plan => new { plan.Name, plan.Title, plan.Description, plan.ContentHash, Cells = plan.Cells.Count }), WireJson.Strict));
            }
            else
            {
                foreach (var plan in plans)
                {
                    Console.WriteLine($"{plan.Name,-18} {plan.Cells.Count(cell => cell.IneligibleReason is null),6} cells  {plan.Title}");
                }
            }

            return Task.FromResult(ExitCode.Success);
        }));
        return command;
    }
}
