namespace Bench.Web.Components.Charts;

/// <summary>
/// Gives every mechanism a colour and a shape, and every implementation of it a dash, the same on every page and on every day.
/// </summary>
/// <remarks>
/// A mechanism starts at the place that a hash of its name says and takes the next one whose colour is used least and whose shape is free.
/// Places are given in the order of the ids, so whoever passes them oldest first never sees a new mechanism move an old one.
/// The baseline always has the ink colour, a circle and a solid line.
/// </remarks>
public sealed class SeriesPalette
{
    private readonly Dictionary<string, (int Colour, MarkerShape Shape)> _mechanisms = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _dashes = new(StringComparer.Ordinal);
    private readonly string _baseline;

    /// <summary>A palette for all implementations of the catalogue, not only for those that one page shows.</summary>
    /// <param name="implementations">Ids, <c>mechanism/implementation</c>, the longest known first.</param>
    /// <param name="baseline">The implementation that others are compared with.</param>
    public SeriesPalette(IEnumerable<string> implementations, string baseline)
    {
        _baseline = baseline;
        var baselineMechanism = Mechanism(baseline);
        _mechanisms[baselineMechanism] = (0, MarkerShape.Circle);

        var used = new int[SeriesStyle.ColourCount];
        var taken = new HashSet<(int, MarkerShape)>();
        var all = implementations.Append(baseline).Distinct(StringComparer.Ordinal).ToList();
        foreach (var mechanism in all.Select(Mechanism).Distinct().Where(name => name != baselineMechanism))
        {
            _mechanisms[mechanism] = Place(Hash(mechanism), used, taken);
        }

        foreach (var group in all.GroupBy(Mechanism))
        {
            var dash = 0;
            foreach (var implementation in group.OrderByDescending(id => id == baseline))
            {
                _dashes[implementation] = dash++ % SeriesStyle.DashCount;
            }
        }
    }

    /// <summary>The look of an implementation; one that is not in the catalogue gets its hash's own place.</summary>
    public SeriesStyle Of(string implementation)
    {
        if (implementation == _baseline)
        {
            return new SeriesStyle(0, MarkerShape.Circle, 0);
        }

        var mechanism = Mechanism(implementation);
        var (colour, shape) = _mechanisms.TryGetValue(mechanism, out var place)
            ? place
            : ((int)(Hash(mechanism) % 7) + 1, (MarkerShape)(Hash(mechanism) / 7 % SeriesStyle.ShapeCount));
        return new SeriesStyle(colour, shape, _dashes.GetValueOrDefault(implementation));
    }

    private static (int, MarkerShape) Place(uint hash, int[] used, HashSet<(int, MarkerShape)> taken)
    {
        const int colours = SeriesStyle.ColourCount - 1;
        var least = used.Skip(1).Min();
        var colour = Enumerable.Range(0, colours).Select(step => (int)((hash + step) % colours) + 1).First(candidate => used[candidate] == least);
        var shapes = Enumerable.Range(0, SeriesStyle.ShapeCount).Select(step => (MarkerShape)((hash / colours + step) % SeriesStyle.ShapeCount)).ToList();
        var shape = shapes.Where(candidate => !taken.Contains((colour, candidate))).DefaultIfEmpty(shapes[0]).First();
        used[colour]++;
        taken.Add((colour, shape));
        return (colour, shape);
    }

    /// <summary>FNV-1a: the same in every process, unlike <see cref="string.GetHashCode()"/>.</summary>
    private static uint Hash(string text)
    {
        var hash = 2166136261u;
        foreach (var letter in text)
        {
            hash = unchecked((hash ^ letter) * 16777619u);
        }

        return hash;
    }

    private static string Mechanism(string implementation) => implementation.Split('/')[0];
}
