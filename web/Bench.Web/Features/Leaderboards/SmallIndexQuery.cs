using Bench.Domain.Analysis;
using Bench.Domain.Matrix;

namespace Bench.Web.Features.Leaderboards;

/// <summary>
/// CAB's tasks as they are measured here at small scale: an index of its own for each pattern, how patterns and tasks agree, and what attention is good for.
/// </summary>
internal sealed class SmallIndexQuery(TaskScores tasks)
{
    /// <summary>Name of the normalisers.</summary>
    public const string Normalisers = "cab-small/1";

    private const string Baseline = "softmax/sdpa";

    /// <summary>Tasks that train on generated data where a cell does not name its data; all others take stand-ins.</summary>
    private static readonly string[] Synthetic = ["cab/text-to-speech", "cab/summarisation"];
    private static readonly string[] Informative = ["psnr", "ssim", "chamferL1", "chamferL2", "fScore", "mse", "mae", "mcd", "msd", "rouge1", "rouge2", "rougeL", "perplexity"];

    /// <summary>The index of one pattern.</summary>
    /// <param name="pattern">Pattern.</param>
    /// <param name="group">Kind of environment; null for the one with most results.</param>
    /// <param name="cancellation">The reader is gone.</param>
    public async Task<SmallIndex> ReadAsync(AttentionPattern pattern, string? group, CancellationToken cancellation)
    {
        var board = BoardDefinition.All.First(board => board.Kind == BoardKind.Compositional && board.Pattern == pattern);
        var all = (await tasks.ReadAsync(board, group, cancellation)).Scores
            .Where(score => score.Parameter("scale", "small") == "small" && Informative.Contains(score.Metric) && CabColumns.GroupOf(score.Task) is not null && score.Seeds.Count > 0).ToList();
        // Of every kind of column the setting that most entrants share: other sizes and other data would not be comparable.
        var chosen = all.GroupBy(Kind).Select(kind => kind.Where(IsWhole).GroupBy(Setting).OrderByDescending(setting => setting.Select(score => score.Series).Distinct().Count())
            .ThenBy(setting => setting.Key, StringComparer.Ordinal).FirstOrDefault()?.Key).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var kept = all.Where(score => chosen.Contains(Setting(score))).ToList();
        var index = MeasuredIndex.Of(Normalisers, [.. kept.Where(IsWhole).Select(score => new MeasuredValue(score.Series, CabColumns.GroupOf(score.Task)!, Column(score), score.Better, score.Mean))]);
        return new SmallIndex(pattern, index, pattern == AttentionPattern.NoncausalSelf ? Benefits(kept, index) : []);
    }

    /// <summary>All patterns.</summary>
    public async Task<IReadOnlyList<SmallIndex>> ReadAllAsync(CancellationToken cancellation)
    {
        var found = new List<SmallIndex>();
        foreach (var pattern in AttentionPatterns.All)
        {
            found.Add(await ReadAsync(pattern, null, cancellation));
        }

        return found;
    }

    /// <summary>Every pair of lists of indices with the entrants that both have.</summary>
    /// <param name="lists">Index by entrant, by the list's name.</param>
    public static IReadOnlyList<Agreement> Agreements(IReadOnlyList<(string Name, IReadOnlyDictionary<string, double> Scores)> lists) =>
        [.. from first in Enumerable.Range(0, lists.Count)
            from second in Enumerable.Range(first + 1, lists.Count - first - 1)
            let common = lists[first].Scores.Keys.Intersect(lists[second].Scores.Keys).Order(StringComparer.Ordinal).ToList()
            select new Agreement(lists[first].Name, lists[second].Name, common.Count,
                PearsonCorrelation.Of([.. common.Select(entrant => lists[first].Scores[entrant])], [.. common.Select(entrant => lists[second].Scores[entrant])]))];

    /// <summary>The task's index of the softmax backbone and of the one without self attention, column by column.</summary>
    private static List<Benefit> Benefits(List<TaskScore> scores, MeasuredIndex index) =>
        [.. from column in index.Columns
            let own = scores.Where(score => Column(score) == column.Column && score.Implementation == Baseline && score.Series == Baseline).ToList()
            let with = own.FirstOrDefault(IsWhole)
            let without = own.FirstOrDefault(score => !IsWhole(score))
            where with is not null && without is not null
            select new Benefit(column.Group, column.Column, with.Mean, without.Mean, column.Normalise(with.Mean) - column.Normalise(without.Mean))];

    private static bool IsWhole(TaskScore score) => score.Parameter("attention", "cell") == "cell";

    private static string Kind(TaskScore score) => $"{score.Task} {score.Parameter("backbone")} {score.Parameter("set")} {score.Parameter("variables")}";

    /// <summary>What must be the same in one column; which kind of data it is is said always.</summary>
    private static string Setting(TaskScore score) =>
        string.Join(' ', [score.Task, score.Shape, $"data={score.Parameter("data", Synthetic.Contains(score.Task) ? "synthetic" : "standin")}", .. score.Parameters.Where(pair => pair.Key is not ("attention" or "data")).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}")]);

    private static string Column(TaskScore score) => $"{Setting(score)}: {score.Metric}";
}

/// <summary>What was measured of one pattern.</summary>
/// <param name="Pattern">Pattern.</param>
/// <param name="Index">Index with its normalisers.</param>
/// <param name="Benefits">Columns that were also measured without self attention.</param>
internal sealed record SmallIndex(AttentionPattern Pattern, MeasuredIndex Index, IReadOnlyList<Benefit> Benefits)
{
    /// <summary>Index of each task by entrant, named with the pattern.</summary>
    public IEnumerable<(string Name, IReadOnlyDictionary<string, double> Scores)> Lists() => Index.Groups.Select((task, i) => (
        $"{Pattern.Name} {task}",
        (IReadOnlyDictionary<string, double>)Index.Rows.Where(row => row.Groups[i] is not null).ToDictionary(row => row.Entrant, row => row.Groups[i]!.Value, StringComparer.Ordinal)));

    /// <summary>Totals by entrant.</summary>
    public IReadOnlyDictionary<string, double> Totals => Index.Rows.Where(row => row.Total is not null).ToDictionary(row => row.Entrant, row => row.Total!.Value, StringComparer.Ordinal);
}

/// <summary>How two lists of indices agree.</summary>
/// <param name="First">One list.</param>
/// <param name="Second">The other.</param>
/// <param name="Count">Entrants in both.</param>
/// <param name="Coefficient">Pearson's coefficient; null below three of them.</param>
internal sealed record Agreement(string First, string Second, int Count, double? Coefficient);

/// <summary>What self attention adds to a column.</summary>
/// <param name="Group">Task.</param>
/// <param name="Column">Setting and metric.</param>
/// <param name="With">Figure of the softmax backbone.</param>
/// <param name="Without">Figure of the backbone without self attention.</param>
/// <param name="Gain">Difference of their indices; positive where attention helps.</param>
internal sealed record Benefit(string Group, string Column, double With, double Without, double Gain);
