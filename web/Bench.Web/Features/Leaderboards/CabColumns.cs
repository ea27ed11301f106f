using Bench.Domain.Analysis;

namespace Bench.Web.Features.Leaderboards;

/// <summary>Where the figures of CAB's own columns come from: runs of the tasks at the paper's scale on the official data, and no others.</summary>
internal static class CabColumns
{
    private static readonly Dictionary<string, string> Tasks = new(StringComparer.Ordinal)
    {
        ["TTS"] = "cab/text-to-speech",
        ["Sum"] = "cab/summarisation",
        ["SR"] = "cab/super-resolution",
        ["MLM"] = "cab/masked-language-modelling",
        ["LM"] = "cab/language-modelling",
        ["PCC"] = "cab/point-completion",
        ["LSTF"] = "cab/time-series",
    };

    private static readonly Dictionary<string, string> Metrics = new(StringComparer.Ordinal)
    {
        ["PPL"] = "perplexity",
        ["ROUGE-1"] = "rouge1",
        ["ROUGE-2"] = "rouge2",
        ["ROUGE-L"] = "rougeL",
        ["CD-L1 x1000"] = "chamferL1",
        ["CD-L2 x1000"] = "chamferL2",
        ["F-Score"] = "fScore",
    };

    private static readonly string[] Variables = ["all", "target"];

    /// <summary>Data sets of a forecasting column; CAB averages them with all variables and with the target alone.</summary>
    private static readonly Dictionary<string, string[]> Sets = new(StringComparer.Ordinal)
    {
        ["LSTF-ETT"] = ["ETTh1", "ETTh2", "ETTm1"],
        ["LSTF-Weather"] = ["WTH"],
        ["LSTF-ECL"] = ["ECL"],
    };

    /// <summary>Task of the index that a task id belongs to; null for none.</summary>
    public static string? GroupOf(string task) => Tasks.FirstOrDefault(pair => pair.Value == task).Key;

    /// <summary>One number a seed for a column; null when a part of it is missing.</summary>
    /// <param name="scores">All scores of one entrant.</param>
    /// <param name="column">The column.</param>
    public static IReadOnlyList<double>? Seeds(IEnumerable<TaskScore> scores, CompositionalColumn column)
    {
        var own = scores.Where(score => Fits(score, column)).ToList();
        List<TaskScore?> parts = Sets.TryGetValue(column.Task, out var sets)
            ? [.. sets.SelectMany(set => Variables.Select(variables => own.FirstOrDefault(score => score.Parameter("set") == set && score.Parameter("variables", "all") == variables)))]
            : [own.FirstOrDefault()];
        return parts.Any(part => part is null or { Seeds.Count: 0 })
            ? null
            : [.. Enumerable.Range(0, parts.Min(part => part!.Seeds.Count)).Select(seed => parts.Average(part => part!.Seeds[seed]))];
    }

    private static bool Fits(TaskScore score, CompositionalColumn column) =>
        score.Task == Tasks[column.Group]
        && score.Metric == Metrics.GetValueOrDefault(column.Metric, column.Metric.ToLowerInvariant())
        && score.Parameter("scale") == "paper" && score.Parameter("data") == "official" && score.Parameter("attention", "cell") == "cell"
        && (column.Task != "TTS" || Plain(score.Parameter("backbone", "fastspeech2")) == Plain(column.Backbone));

    private static string Plain(string text) => string.Concat(text.Where(char.IsLetterOrDigit)).ToLowerInvariant();
}
