using System.CommandLine;
using System.Text.Json;
using Bench.Attention;
using Bench.Domain.Matrix;
using Bench.Domain.Protocol;
using Bench.Suites.Conformance;
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
        var details = new Option<bool>("--details") { Description = "With --json: also title, level, extensions and options with their defaults." };
        var json = CommonOptions.Json();
        var command = new Command("attention", "List attention implementations.") { pattern, details, json };
        command.SetAction(parsed => Failures.GuardAsync(() =>
        {
            var wanted = parsed.GetValue(pattern) is { } name ? AttentionPatterns.Parse(name) : (AttentionPattern?)null;
            var entries = AttentionCatalogue.All.Where(entry => wanted is null || entry.Supports(wanted.Value)).ToList();
            if (parsed.GetValue(json))
            {
                var listings = entries.Select(AttentionListing.Of);
                Console.WriteLine(parsed.GetValue(details)
                    ? JsonSerializer.Serialize(listings.Zip(entries, Details), WireJson.Strict)
                    : JsonSerializer.Serialize(listings, WireJson.Strict));
            }
            else
            {
                PrintAttention(entries);
            }

            return Task.FromResult(ExitCode.Success);
        }));
        return command;
    }

    private static object Details(AttentionListing listing, AttentionEntry entry) => new
    {
        listing.Id,
        listing.Mechanism,
        listing.Family,
        listing.Patterns,
        listing.Paper,
        listing.Time,
        listing.Memory,
        listing.StateSize,
        listing.Golden,
        entry.Facts.Title,
        Level = entry.IsLayer ? "layer" : "operator",
        entry.Facts.Reference,
        entry.Facts.Extensions,
        Options = entry.DefaultOptions(),
    };

    private static void PrintAttention(List<AttentionEntry> entries)
    {
        foreach (var entry in entries)
        {
            var golden = GoldenCoverage.Of(entry.Id);
            Console.WriteLine(
                $"{entry.Id,-34} {MechanismIndex.Patterns(entry),-15} {entry.Facts.Time,-14} {entry.Facts.Memory,-12} {entry.Facts.Paper,-17} {(golden == 0 ? "-" : $"{golden} golden")}");
        }

        Console.WriteLine($"{entries.Count} implementations of {entries.Select(entry => entry.Mechanism).Distinct().Count()} mechanisms. * extension, not published by its authors.");
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
