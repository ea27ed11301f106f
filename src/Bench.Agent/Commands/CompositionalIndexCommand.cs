using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bench.Domain.Analysis;
using Bench.Domain.Matrix;
using Bench.Domain.Protocol;

namespace Bench.Agent.Commands;

/// <summary><c>bench analyze compositional-index FILE</c>: CAB's score of every mechanism on every pattern's board.</summary>
internal static class CompositionalIndexCommand
{
    private const string PublishedAverages = "cab_lstf_average.csv";

    public static Command Create()
    {
        var file = new Argument<FileInfo>("FILE")
        {
            Description = "CSV with the columns pattern, task, backbone, metric, value, and mechanism where there are several.",
        };
        var mechanism = new Option<string>("--mechanism")
        {
            Description = "Name for a table without a mechanism column.",
            DefaultValueFactory = _ => TaskResultTable.Unnamed,
        };
        var averages = new Option<FileInfo?>("--forecast-averages")
        {
            Description = $"CSV with unrounded forecasting averages; {PublishedAverages} beside FILE by default, where there is one.",
        };
        var json = CommonOptions.Json();
        var command = new Command("compositional-index", "CAB's compositional index with its frozen constants.")
        {
            file, mechanism, averages, json,
        };
        command.SetAction(parsed => AnalyzeCommand.OnFile(parsed.GetValue(file)!, text =>
        {
            var constants = CompositionalConstants.Cab;
            var results = Unrounded(
                TaskResultTable.Parse(text, parsed.GetValue(mechanism)!), parsed.GetValue(file)!, parsed.GetValue(averages));
            var scores = CompositionalIndex.Score(results, constants);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(scores.Select(score => JsonRow.Of(score, constants)), WireJson.Strict));
            }
            else
            {
                Print(scores, constants);
            }
        }));
        return command;
    }

    /// <summary>Says on standard error when numbers other than those of the file were used.</summary>
    private static IReadOnlyList<TaskResult> Unrounded(IReadOnlyList<TaskResult> results, FileInfo file, FileInfo? averages)
    {
        averages ??= new FileInfo(Path.Combine(file.DirectoryName!, PublishedAverages)) is { Exists: true } beside ? beside : null;
        if (averages is null)
        {
            return results;
        }

        var (exact, replaced) = TaskResultTable.WithUnroundedForecasts(results, File.ReadAllText(averages.FullName));
        if (replaced > 0)
        {
            Console.Error.WriteLine($"{replaced} forecasting averages with three decimals were replaced by the unrounded ones of "
                + $"{averages.Name}.");
        }

        return exact;
    }

    private static void Print(IReadOnlyList<CompositionalScore> scores, CompositionalConstants constants)
    {
        Console.WriteLine($"Compositional index, constants {constants.Version}; larger is better. n/m: a metric of the task is missing, "
            + "so there is no total.");
        foreach (var board in scores.GroupBy(score => score.Pattern))
        {
            Console.WriteLine();
            Console.WriteLine($"{board.Key.Name,-18}{string.Concat(board.First().Tasks.Select(task => $"{task.Key,10}"))}{"total",10}{"Δ vanilla",11}");
            foreach (var score in board)
            {
                Console.WriteLine(
                    $"{score.Mechanism,-18}{string.Concat(score.Tasks.Select(task => $"{Text(task.Value),10}"))}{Text(score.Total),10}{Text(score.DeltaToVanilla),11}");
            }
        }
    }

    private static string Text(double? value) => value is { } number ? $"{number:0.0000}" : "n/m";

    /// <summary>One object of the JSON form; absent numbers are null, not left out.</summary>
    private sealed record JsonRow
    {
        public required AttentionPattern Pattern { get; init; }

        public required string Mechanism { get; init; }

        public required string Constants { get; init; }

        public required IReadOnlyDictionary<string, double?> Tasks { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public required double? Total { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public required double? DeltaToVanilla { get; init; }

        public required IReadOnlyList<string> Missing { get; init; }

        public static JsonRow Of(CompositionalScore score, CompositionalConstants constants) => new()
        {
            Pattern = score.Pattern,
            Mechanism = score.Mechanism,
            Constants = constants.Version,
            Tasks = score.Tasks.ToDictionary(StringComparer.Ordinal),
            Total = score.Total,
            DeltaToVanilla = score.DeltaToVanilla,
            Missing = score.Missing,
        };
    }
}
