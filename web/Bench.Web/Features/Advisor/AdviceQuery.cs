using Bench.Data;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Web.Components.Format;
using Bench.Web.Features.Curves;
using Bench.Web.Features.Recall;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Features.Advisor;

/// <summary>
/// Which implementation to use at a pattern, a length and a device, within a memory limit and with a least recall: the measured times in order,
/// and everything that was ruled out with the number that ruled it out.
/// </summary>
internal sealed class AdviceQuery(CurveSheetQuery curves, CurveStatistics statistics, IDbContextFactory<BenchDbContext> contexts)
{
    private const string RecallTask = RecallQuery.TaskPrefix + "mqar";

    /// <summary>The answer for a filter; without lengths when nothing is measured there.</summary>
    public async Task<AdviceView> ReadAsync(AdviceFilter filter, CancellationToken cancellation = default)
    {
        var sheet = await curves.ReadPlainAsync(new CurvesFilter(filter.Task, filter.Pattern, null, filter.Group, filter.Shape), cancellation);
        var lengths = sheet.Curves.SelectMany(curve => curve.Time.Points.Select(point => point.Length).Concat(curve.Failures.Select(failure => failure.Length))).Distinct().Order().ToList();
        var recall = sheet.Shape is null ? [] : await RecallAsync(sheet.Filter.Pattern!.Value, cancellation);
        var difficulties = recall.Select(row => (row.Length, row.Label)).Distinct().OrderBy(column => column.Length).ThenBy(column => column.Label.Length).ThenBy(column => column.Label, StringComparer.Ordinal).Select(column => column.Label).ToList();
        var length = filter.Length is { } asked && lengths.Contains(asked) ? asked : Usual(lengths);
        var difficulty = difficulties.Contains(filter.Difficulty ?? "") ? filter.Difficulty : difficulties.LastOrDefault();
        var view = new AdviceView
        {
            Filter = filter with { Task = sheet.Filter.Task, Pattern = sheet.Filter.Pattern, Group = sheet.Filter.Group, Shape = sheet.Filter.Shape, Length = length, Difficulty = difficulty },
            Tasks = sheet.Tasks,
            Patterns = sheet.Patterns,
            Groups = sheet.Groups,
            Shapes = [.. sheet.Shapes.Select(shape => shape.ToString())],
            Lengths = lengths,
            Difficulties = difficulties,
            UpdatedAt = sheet.UpdatedAt,
        };
        return length == 0 ? view : await JudgeAsync(view, sheet, [.. recall.Where(row => row.Label == difficulty)], length, cancellation);
    }

    private async Task<AdviceView> JudgeAsync(AdviceView view, CurveSheet sheet, IReadOnlyList<RecallOf> recall, int length, CancellationToken cancellation)
    {
        var fits = new List<Advice>();
        var refused = new List<Refusal>();
        foreach (var curve in sheet.Curves)
        {
            var evidence = Evidence(curve, recall);
            if (Reason(curve, length, view.Filter, evidence) is { } reason)
            {
                refused.Add(new Refusal(curve.Id, curve.Implementation, reason.Words, reason.RunId));
                continue;
            }

            fits.Add(new Advice
            {
                Id = curve.Id,
                Implementation = curve.Implementation,
                Rank = 0,
                Time = curve.Time.Points.First(point => point.Length == length),
                Memory = curve.Memory.Points.FirstOrDefault(point => point.Length == length),
                Recall = evidence,
            });
        }

        fits = [.. fits.OrderBy(fit => fit.Time.Median).ThenBy(fit => fit.Id, StringComparer.Ordinal)];
        return view with
        {
            Fits = fits.Count == 0 ? [] : await RankAsync(fits, cancellation),
            Refused = [.. refused.OrderBy(refusal => refusal.Id, StringComparer.Ordinal)],
        };
    }

    /// <summary>Whoever cannot be told apart from the fastest shares its rank.</summary>
    private async Task<IReadOnlyList<Advice>> RankAsync(List<Advice> fits, CancellationToken cancellation)
    {
        static CostPoints At(Advice fit) => new(fit.Id, [fit.Time], []);
        var ratios = await statistics.RatiosAsync(At(fits[0]), [.. fits.Skip(1).Select(At)], Metric.TimeMs.Name, cancellation);
        return [.. fits.Select((fit, index) =>
        {
            if (!ratios.TryGetValue((fit.Id, fit.Time.Length), out var ratio))
            {
                return fit with { Rank = index + 1 };
            }

            var tied = ratio.Interval.Contains(1);
            return fit with { Ratio = ratio, IsTied = tied, Rank = tied ? 1 : index + 1 };
        })];
    }

    private static (string Words, string? RunId)? Reason(SheetCurve curve, int length, AdviceFilter filter, RecallEvidence? recall)
    {
        if (curve.Time.Points.FirstOrDefault(point => point.Length == length) is not { } time)
        {
            return curve.Failures.FirstOrDefault(failure => failure.Length == length) is { } failure
                ? ($"{failure.Class.Glyph}: {failure.Message}", failure.RunId)
                : ($"not measured at {Show.Count(length)} tokens", null);
        }

        if (filter.MemoryBytes is { } limit)
        {
            if (curve.Memory.Points.FirstOrDefault(point => point.Length == length) is not { } memory)
            {
                return ("its memory was not measured", time.RunId);
            }

            if (memory.Median > limit)
            {
                return ($"needs {Show.Bytes(memory.Median)}", memory.RunId);
            }
        }

        if (filter.Recall is { } least)
        {
            if (recall is null)
            {
                return ($"its recall at {filter.Difficulty ?? "any difficulty"} was not measured", null);
            }

            if (recall.Accuracy < least)
            {
                return ($"recalls {Show.Percent(recall.Accuracy)} %", recall.RunId);
            }
        }

        return null;
    }

    /// <summary>The recall of the same series, or of the best trained implementation of the same mechanism.</summary>
    private static RecallEvidence? Evidence(SheetCurve curve, IReadOnlyList<RecallOf> recall)
    {
        var mechanism = curve.Implementation.Split('/')[0];
        return recall.FirstOrDefault(row => row.Evidence.Series == curve.Id)?.Evidence
            ?? recall.Where(row => row.Mechanism == mechanism && row.IsPlain).OrderByDescending(row => row.Evidence.Accuracy).FirstOrDefault()?.Evidence;
    }

    /// <summary>Newest accuracies of associative recall in any kind of environment: what a model learns does not depend on the machine. Index (task, pattern).</summary>
    private async Task<List<RecallOf>> RecallAsync(AttentionPattern pattern, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var rows = await db.Cells.AsNoTracking().Where(cell => cell.Task == RecallTask && cell.Pattern == pattern)
            .Join(db.CellSummaries.AsNoTracking().Where(row => row.Metric == Metric.Accuracy.Name), cell => cell.Id, row => row.CellId, (cell, row) => new { cell, row })
            .ToListAsync(cancellation);
        if (rows.Count == 0)
        {
            return [];
        }

        var naming = new RecallNaming([.. rows.Select(one => one.cell)]);
        var width = rows.GroupBy(one => one.cell.Heads * one.cell.HeadSize).OrderByDescending(group => group.Count()).ThenByDescending(group => group.Key).First().Key;
        return [.. rows.Where(one => one.cell.Heads * one.cell.HeadSize == width)
            .OrderByDescending(one => one.row.UpdatedAt)
            .DistinctBy(one => one.cell.Id)
            .Select(one => new RecallOf(
                one.cell.Length, naming.Column(one.cell).Label, one.cell.Mechanism, one.cell.Options.Count == 0,
                new RecallEvidence(SeriesName.Of(one.cell), one.row.Median, one.row.Low, one.row.High, one.row.SeedValues.Length, one.row.RunId)))];
    }

    /// <summary>4096 where it was measured, else the longest.</summary>
    private static int Usual(List<int> lengths) => lengths.Contains(4096) ? 4096 : lengths.LastOrDefault();

    private sealed record RecallOf(int Length, string Label, string Mechanism, bool IsPlain, RecallEvidence Evidence);
}
