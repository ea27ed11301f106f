using System.CommandLine;
using System.Text.Json;
using Bench.Domain.Protocol;
using Bench.Domain.Results;

namespace Bench.Agent.Commands;

/// <summary><c>bench diff-env A B</c>: which facts of two environments differ, and whether their times may be compared.</summary>
internal static class DiffEnvironmentCommand
{
    public static Command Create()
    {
        var a = new Argument<FileInfo>("A") { Description = "JSON with an 'environment' object (a run, a line of bench run --output), or the object itself; - is this machine." };
        var b = new Argument<FileInfo>("B") { Description = "The other one." };
        var json = CommonOptions.Json();
        var command = new Command("diff-env", "Show which facts of two environments differ and whether their times are comparable.") { a, b, json };
        command.SetAction(parsed => Failures.GuardAsync(() => Task.FromResult(Run(parsed.GetValue(a)!, parsed.GetValue(b)!, parsed.GetValue(json)))));
        return command;
    }

    private static int Run(FileInfo a, FileInfo b, bool json)
    {
        var (left, right) = (Read(a), Read(b));
        var differences = left.Keys.Union(right.Keys).Order(StringComparer.Ordinal)
            .Select(name => new Difference(
                name, left.GetValueOrDefault(name), right.GetValueOrDefault(name), RunEnvironment.ComparabilityFacts.Contains(name)))
            .Where(fact => fact.A != fact.B).ToList();
        var comparable = left.ComparabilityKey() == right.ComparabilityKey();
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { Comparable = comparable, Differences = differences }, WireJson.Strict));
        }
        else
        {
            foreach (var fact in differences)
            {
                Console.WriteLine($"{(fact.Decides ? "!" : " ")} {fact.Name,-22} {fact.A ?? "(none)"}  →  {fact.B ?? "(none)"}");
            }

            Console.WriteLine(comparable
                ? $"{differences.Count} facts differ; times are comparable."
                : $"Not comparable because of {string.Join(", ", differences.Where(fact => fact.Decides).Select(fact => fact.Name))}.");
        }

        return comparable ? ExitCode.Success : ExitCode.Difference;
    }

    private static RunEnvironment Read(FileInfo file)
    {
        if (file.Name == "-")
        {
            return Suites.Harness.EnvironmentProbe.OfMachine();
        }

        using var document = Parse(file);
        var facts = document.RootElement;
        foreach (var name in new[] { "result", "environment" })
        {
            facts = facts.ValueKind == JsonValueKind.Object && facts.TryGetProperty(name, out var inner) ? inner : facts;
        }

        return facts.ValueKind == JsonValueKind.Object && facts.EnumerateObject().All(fact => fact.Value.ValueKind == JsonValueKind.String)
            ? new RunEnvironment(facts.EnumerateObject().Select(fact => KeyValuePair.Create(fact.Name, fact.Value.GetString()!)))
            : throw new InvalidDataException($"'{file.Name}' holds no environment: an object of texts, or a document with one under 'environment'.");
    }

    private static JsonDocument Parse(FileInfo file)
    {
        // A file of bench run --output has one document a line; the first one stands for the machine.
        var text = File.ReadAllText(file.FullName);
        try
        {
            return JsonDocument.Parse(file.Extension is ".ndjson" or ".jsonl" ? text.Split('\n')[0] : text);
        }
        catch (JsonException mistake)
        {
            throw new InvalidDataException($"'{file.Name}' is no JSON: {mistake.Message}", mistake);
        }
    }

    private sealed record Difference(string Name, string? A, string? B, bool Decides);
}
