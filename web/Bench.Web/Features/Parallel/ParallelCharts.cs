using Bench.Web.Components.Charts;
using Bench.Web.Components.Format;

namespace Bench.Web.Features.Parallel;

/// <summary>Turns measured volumes into drawings and a sentence.</summary>
internal static class ParallelCharts
{
    /// <summary>Volume over length at the most workers, and over workers at the greatest common length.</summary>
    public static IEnumerable<XyChartData> Of(IReadOnlyList<ParallelPoint> points, SeriesPalette palette)
    {
        var sent = points.Where(point => point.ForwardBytes > 0).ToList();
        if (sent.Count == 0)
        {
            yield break;
        }

        var workers = sent.Max(point => point.Workers);
        yield return Chart(
            "length", $"Sent forward by each of {workers} workers", sent.Where(point => point.Workers == workers), palette,
            new ChartAxis("sequence length, tokens", AxisKind.Log2, Show.Short), point => point.Length);
        var length = CommonLength(sent);
        yield return Chart(
            "workers", $"Sent forward at {length} tokens", sent.Where(point => point.Length == length), palette,
            new ChartAxis("workers", AxisKind.Log2, Show.Short), point => point.Workers);
    }

    /// <summary>What the volumes show, with its key number.</summary>
    public static string Sentence(IReadOnlyList<ParallelPoint> points)
    {
        var sent = points.Where(point => point.ForwardBytes > 0).ToList();
        if (sent.Count == 0)
        {
            return "With one worker nothing is sent.";
        }

        var length = CommonLength(sent);
        var workers = sent.Where(point => point.Length == length).Max(point => point.Workers);
        var at = sent.Where(point => point.Length == length && point.Workers == workers).ToList();
        var (most, least) = (at.MaxBy(point => point.ForwardBytes)!, at.MinBy(point => point.ForwardBytes)!);
        return most == least
            ? $"At {length} tokens over {workers} workers each sends {Show.Bytes(most.ForwardBytes!.Value)} forward."
            : $"At {length} tokens over {workers} workers {most.Name} sends {Show.Significant(most.ForwardBytes!.Value / least.ForwardBytes!.Value, 2)} times as much as {least.Name}.";
    }

    /// <summary>The greatest length that most implementations have.</summary>
    private static int CommonLength(List<ParallelPoint> points) => points.GroupBy(point => point.Length)
        .OrderByDescending(group => group.Select(point => point.Name).Distinct().Count()).ThenByDescending(group => group.Key).First().Key;

    private static XyChartData Chart(
        string id, string title, IEnumerable<ParallelPoint> points, SeriesPalette palette, ChartAxis x, Func<ParallelPoint, double> along) => new()
        {
            Id = id,
            Title = title,
            Finding = "One gathered state does not grow with the length; passing keys and values does.",
            X = x,
            Y = new ChartAxis("bytes sent", AxisKind.Log2, Show.Bytes, "smaller is better"),
            Series = [.. points.GroupBy(point => (point.Name, point.Implementation)).Select(group => new XySeries
            {
                Id = group.Key.Name,
                Style = palette.Of(group.Key.Implementation),
                Joined = true,
                Points = [.. group.OrderBy(along).Select(point => new XyPoint(along(point), point.ForwardBytes!.Value) { Href = $"/runs/{point.RunId}" })],
            })],
        };
}
