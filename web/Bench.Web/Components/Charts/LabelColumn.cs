namespace Bench.Web.Components.Charts;

/// <summary>Spreads labels along an edge so that none covers another and each stays as near to its own place as the others allow.</summary>
public static class LabelColumn
{
    /// <summary>Places for labels of one height.</summary>
    /// <param name="wanted">Where each label would stand alone; any order.</param>
    /// <param name="spacing">Least distance between neighbours.</param>
    /// <param name="from">Smallest allowed place.</param>
    /// <param name="to">Largest allowed place.</param>
    /// <returns>One place for each label, in the order of <paramref name="wanted"/>.</returns>
    /// <remarks>Least squares under order constraints: neighbours that would touch are pooled into a block around their common mean.</remarks>
    public static double[] Spread(IReadOnlyList<double> wanted, double spacing, double from, double to)
    {
        if (wanted.Count == 0)
        {
            return [];
        }

        var room = to - from;
        if (wanted.Count > 1)
        {
            spacing = Math.Min(spacing, room / (wanted.Count - 1));
        }

        var order = Enumerable.Range(0, wanted.Count).OrderBy(index => wanted[index]).ThenBy(index => index).ToArray();
        var last = from + room - spacing * (wanted.Count - 1);
        var blocks = new List<(double Sum, int Count)>();
        for (var rank = 0; rank < order.Length; rank++)
        {
            // Taking the spacing out turns "at least so far apart" into "not decreasing".
            blocks.Add((Math.Clamp(wanted[order[rank]] - rank * spacing, from, Math.Max(from, last)), 1));
            while (blocks.Count > 1 && blocks[^2].Sum / blocks[^2].Count > blocks[^1].Sum / blocks[^1].Count)
            {
                blocks[^2] = (blocks[^2].Sum + blocks[^1].Sum, blocks[^2].Count + blocks[^1].Count);
                blocks.RemoveAt(blocks.Count - 1);
            }
        }

        var places = new double[wanted.Count];
        var next = 0;
        foreach (var (sum, count) in blocks)
        {
            for (var index = 0; index < count; index++, next++)
            {
                places[order[next]] = sum / count + next * spacing;
            }
        }

        return places;
    }
}
