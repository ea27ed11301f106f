using Bench.Domain.Analysis;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Web.Components.Charts;
using Bench.Web.Components.Format;

namespace Bench.Web.Features.Curves;

/// <summary>Turns curves into drawings and sentences.</summary>
internal static class CurvesCharts
{
    /// <summary>Bytes in a MiB, the unit of the memory axis.</summary>
    public const double Mebibyte = 1024 * 1024;

    /// <summary>Curves that are drawn unless the reader says otherwise.</summary>
    public const int Most = 12;

    /// <summary>The quantity of a view: what is drawn, in which unit, and which way it improves.</summary>
    /// <param name="Name">Value of the query parameter.</param>
    /// <param name="Word">For people.</param>
    /// <param name="Metric">Metric that it is made of.</param>
    /// <param name="Axis">Title of the axis.</param>
    /// <param name="Better">Which way it improves.</param>
    public sealed record Quantity(string Name, string Word, Metric Metric, string Axis, Better Better)
    {
        /// <summary>Every quantity.</summary>
        public static IReadOnlyList<Quantity> All { get; } =
        [
            new("time", "Time", Metric.TimeMs, "time per pass, ms", Better.Lower),
            new("memory", "Peak memory", Metric.PeakMemoryBytes, "peak memory, MiB", Better.Lower),
            new("throughput", "Throughput", Metric.TimeMs, "tokens per second", Better.Higher),
        ];

        /// <summary>The quantity of a name; time when the name is none.</summary>
        public static Quantity Of(string? name) => All.FirstOrDefault(quantity => quantity.Name == name) ?? All[0];

        /// <summary>Writes a value of the axis with its unit.</summary>
        public string Format(double value) => Name switch
        {
            "memory" => Show.Bytes(value * Mebibyte),
            "throughput" => Show.Significant(value) + " tok/s",
            _ => Show.Milliseconds(value),
        };
    }

    /// <summary>The chart of one pattern.</summary>
    public static LengthChartData Chart(
        string id, IReadOnlyList<SheetCurve> curves, CurveSheet sheet, Quantity quantity, SeriesPalette palette, IReadOnlySet<string> hidden)
    {
        var batch = sheet.Shape!.Batch;
        return new LengthChartData
        {
            Id = id,
            Title = $"{quantity.Word} by sequence length",
            Finding = Sentence(sheet, quantity),
            AxisTitle = quantity.Axis,
            Direction = quantity.Better == Better.Lower ? "lower is better" : "higher is better",
            Format = quantity.Format,
            HiddenCount = curves.Count(curve => hidden.Contains(curve.Id)),
            Series = [.. curves.Where(curve => !hidden.Contains(curve.Id) && curve.Of(quantity.Metric.Name).Points.Any(point => point.Median > 0)).Select(curve => new LengthSeries
            {
                Id = curve.Id,
                Style = palette.Of(curve.Implementation),
                IsBaseline = curve.Id == sheet.Baseline,
                Href = Address(curve.Implementation),
                Points = [.. curve.Of(quantity.Metric.Name).Points.Where(point => point.Median > 0).Select(point => Point(point, quantity, batch))],
                End = End(curve),
                Crossover = quantity.Name == "throughput" ? null : Crossing(quantity.Name == "memory" ? curve.MemoryLength : curve.TimeLength),
            })],
        };
    }

    /// <summary>The chart of ratios to the baseline.</summary>
    public static LengthChartData RatioChart(
        CurveSheet sheet, Quantity quantity, IReadOnlyDictionary<(string Id, int Length), Estimate> ratios, SeriesPalette palette, IReadOnlySet<string> hidden) => new()
        {
            Id = "ratio",
            Title = $"{quantity.Word} relative to {sheet.Baseline} by sequence length",
            Finding = Sentence(sheet, quantity),
            AxisTitle = $"{quantity.Word.ToLowerInvariant()} ÷ {sheet.Baseline}",
            Direction = "lower is better",
            Kind = AxisKind.Log2,
            TickLabel = Fraction,
            Format = Show.Ratio,
            Reference = (1, sheet.Baseline ?? ""),
            HiddenCount = hidden.Count,
            Series = [.. sheet.Curves.Where(curve => curve.Id != sheet.Baseline && !hidden.Contains(curve.Id) && ratios.Keys.Any(key => key.Id == curve.Id)).Select(curve => new LengthSeries
        {
            Id = curve.Id,
            Style = palette.Of(curve.Implementation),
            Points = [.. curve.Of(quantity.Metric.Name).Points.Where(point => ratios.ContainsKey((curve.Id, point.Length))).Select(point =>
            {
                var ratio = ratios[(curve.Id, point.Length)];
                return new LengthMark(point.Length, ratio.Value, ratio.Lower, ratio.Upper, point.Count) { Href = $"/runs/{point.RunId}" };
            })],
        })],
        };

    /// <summary>The chart of each pattern on the same axes; null for a pattern without numbers.</summary>
    public static IReadOnlyList<(AttentionPattern Pattern, LengthChartData? Chart)> Multiples(
        CurveSheet sheet, Quantity quantity, SeriesPalette palette, IReadOnlySet<string> hidden)
    {
        var drawn = AttentionPatterns.All.Select(pattern => (pattern, Chart: Chart($"curves-{pattern.Name}", sheet.ByPattern[pattern], sheet, quantity, palette, hidden))).ToList();
        var points = drawn.SelectMany(item => item.Chart.Series).SelectMany(series => series.Points).ToList();
        return [.. drawn.Select(item => (item.pattern, item.Chart.Series.Count == 0 ? null : item.Chart with
        {
            Title = $"{quantity.Word} by sequence length, {item.pattern.Name}",
            Finding = $"{Show.Count(item.Chart.Series.Count)} implementations.",
            HiddenCount = 0,
            // Efficiency lengths are those of the chosen pattern.
            Series = [.. item.Chart.Series.Select(series => series with { Crossover = null })],
            Lengths = (points.Min(point => point.Length), points.Max(point => point.Length)),
            Values = (points.Min(point => point.Median), points.Max(point => point.Median)),
        }))];
    }

    /// <summary>The curves to leave out when there are more than <paramref name="most"/>: those with the highest cost at their longest length.</summary>
    public static HashSet<string> Fewer(CurveSheet sheet, int most) => [.. sheet.Curves
        .OrderByDescending(curve => curve.Id == sheet.Baseline)
        .ThenByDescending(curve => curve.Time.Points.Select(point => point.Length).LastOrDefault())
        .ThenBy(curve => curve.Time.Points.Select(point => point.Median).LastOrDefault(double.PositiveInfinity))
        .Skip(most).Select(curve => curve.Id)];

    /// <summary>Curves that a view leaves out: those of its address, or when it says nothing all beyond the first twelve.</summary>
    public static HashSet<string> Hidden(CurveSheet sheet, string? hide) =>
        hide is null ? Fewer(sheet, Most) : [.. hide.Split(',').Where(id => sheet.Curves.Any(curve => curve.Id == id))];

    /// <summary>The table of efficiency lengths: the baseline, then whoever is cheaper earliest.</summary>
    public static IReadOnlyList<EfficiencyRow> Rows(CurveSheet sheet, SeriesPalette palette, IReadOnlySet<string> hidden, Func<string, string> toggle) =>
        [.. sheet.Curves
            .OrderByDescending(curve => curve.Id == sheet.Baseline)
            .ThenBy(curve => curve.TimeLength switch
            {
                { Censoring: Censoring.BelowRange } => 0,
                { Value: not null } => 1,
                { Censoring: Censoring.AboveRange } => 2,
                _ => 3,
            })
            .ThenBy(curve => curve.TimeLength?.Value ?? 0).ThenBy(curve => curve.Id, StringComparer.Ordinal)
            .Select(curve => new EfficiencyRow(curve.Id, Address(curve.Implementation), palette.Of(curve.Implementation))
            {
                IsBaseline = curve.Id == sheet.Baseline,
                IsHidden = hidden.Contains(curve.Id),
                ToggleHref = toggle(curve.Id),
                Time = curve.TimeLength,
                Memory = curve.MemoryLength,
                Predicted = curve.PredictedLength,
            })];

    /// <summary>What the view found, with its key number.</summary>
    public static string Sentence(CurveSheet sheet, Quantity quantity)
    {
        var memory = quantity.Name == "memory";
        var word = memory ? "needs less memory than" : "is faster than";
        if (sheet.Baseline is not { } baseline)
        {
            return $"{Show.Count(sheet.Curves.Count)} implementations, but no number of the baseline here to compare them with.";
        }

        var lengths = sheet.Curves.Where(curve => curve.Id != baseline).Select(curve => (curve.Id, Length: memory ? curve.MemoryLength : curve.TimeLength)).Where(item => item.Length is not null).ToList();
        if (lengths.Count == 0)
        {
            return $"Only {baseline} has numbers so far.";
        }

        var always = lengths.Where(item => item.Length!.Censoring == Censoring.BelowRange).Select(item => item.Id).ToList();
        var later = lengths.Where(item => item.Length is { Value: not null, Censoring: Censoring.None or Censoring.BetweenLengths }).OrderBy(item => item.Length!.Value).ToList();
        var sentences = new List<string>();
        if (always.Count > 0)
        {
            var others = always.Count > 1 ? $" and {always.Count - 1} more" : "";
            sentences.Add($"{always[0]}{others} {(always.Count > 1 ? word.Replace("is ", "are ", StringComparison.Ordinal).Replace("needs", "need", StringComparison.Ordinal) : word)} {baseline} at every measured length, from {Show.Count(lengths[0].Length!.Range.First)} tokens");
        }

        if (later.Count > 0)
        {
            var (id, length) = later[0];
            var tokens = Text(length!);
            sentences.Add(always.Count > 0 ? $"{id} from {tokens} on" : $"{id} {word} {baseline} from {tokens} on");
        }

        return sentences.Count > 0
            ? string.Join("; ", sentences) + "."
            : $"Nothing {word} {baseline} up to {Show.Count(lengths.Max(item => item.Length!.Range.Last))} tokens here.";
    }

    /// <summary>An efficiency length with its interval, for people: <c>1 210 tokens (1 090–1 340)</c>.</summary>
    public static string Text(EfficiencyLength length) => length.Value is { } value
        ? $"{Show.Count((long)Math.Round(value))} tokens" + (length.Interval is { } interval ? $" ({Show.Count((long)Math.Round(interval.Lower))}–{Show.Count((long)Math.Round(interval.Upper))})" : "")
        : length.Text;

    /// <summary>Address of a mechanism's page.</summary>
    public static string Address(string implementation) => $"/mechanisms/{implementation.Split('/')[0]}";

    private static string Fraction(double value) => value >= 1 ? Show.Short(value) : $"1/{Show.Short(1 / value)}";

    private static LengthMark Point(MeasuredPoint point, Quantity quantity, int batch)
    {
        double Convert(double value) => quantity.Name switch
        {
            "memory" => value / Mebibyte,
            "throughput" => batch * point.Length / (value / 1000),
            _ => value,
        };
        var (low, high) = quantity.Name == "throughput" ? (point.High, point.Low) : (point.Low, point.High);
        return new LengthMark(point.Length, Convert(point.Median), Convert(low), Convert(high), point.Count) { Href = $"/runs/{point.RunId}" };
    }

    private static CurveEnd? End(SheetCurve curve) =>
        curve.Failures.FirstOrDefault(failure => failure.Class is FailureClass.OutOfMemory or FailureClass.Timeout) is { } failure
            && curve.Time.Points.All(point => point.Length < failure.Length)
            ? new CurveEnd(
                failure.Length,
                failure.Class == FailureClass.OutOfMemory ? "OOM" : "T/O",
                failure.Class == FailureClass.OutOfMemory ? "out of memory" : "timed out",
                failure.RunId is { } run ? $"/runs/{run}" : null)
            : null;

    private static Crossover? Crossing(EfficiencyLength? length) => length is { Value: { } value, Censoring: Censoring.None or Censoring.BetweenLengths }
        ? new Crossover(value, length.Interval?.Lower ?? value, length.Interval?.Upper ?? value)
        : null;
}
