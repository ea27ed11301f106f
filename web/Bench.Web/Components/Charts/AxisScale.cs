using System.Globalization;
using Bench.Web.Components.Format;

namespace Bench.Web.Components.Charts;

/// <summary>How an axis spaces its values.</summary>
public enum AxisKind
{
    /// <summary>Equal differences are equally far apart.</summary>
    Linear,

    /// <summary>Equal ratios are equally far apart; ticks at powers of two.</summary>
    Log2,

    /// <summary>Equal ratios are equally far apart; ticks at powers of ten, minor ones at 2 and 5.</summary>
    Log10,
}

/// <summary>A labelled or minor tick.</summary>
/// <param name="Value">Where, in data units.</param>
/// <param name="Label">Text; empty for a minor tick.</param>
public readonly record struct Tick(double Value, string Label)
{
    /// <summary>Whether the tick carries no label.</summary>
    public bool IsMinor => Label.Length == 0;
}

/// <summary>Maps data values to SVG coordinates and chooses ticks.</summary>
/// <param name="Kind">Spacing.</param>
/// <param name="Min">Value at <paramref name="From"/>.</param>
/// <param name="Max">Value at <paramref name="To"/>.</param>
/// <param name="From">Coordinate of the smallest value.</param>
/// <param name="To">Coordinate of the largest value.</param>
public sealed record AxisScale(AxisKind Kind, double Min, double Max, double From, double To)
{
    private static readonly double[] RoundSteps = [1, 2, 5, 10];

    /// <summary>A scale that fits the values with the given share of free space at both ends.</summary>
    /// <exception cref="ArgumentException">No value, or a value that a logarithmic axis cannot show.</exception>
    public static AxisScale Fit(AxisKind kind, IEnumerable<double> values, double from, double to, double padding = 0.05)
    {
        var all = values.Where(double.IsFinite).ToList();
        if (all.Count == 0)
        {
            throw new ArgumentException("An axis needs at least one finite value; show the empty state instead of a chart.", nameof(values));
        }

        var (min, max) = (all.Min(), all.Max());
        if (kind != AxisKind.Linear && min <= 0)
        {
            throw new ArgumentException(
                $"A logarithmic axis cannot show {min.ToString(CultureInfo.InvariantCulture)}; use a linear one and say so.", nameof(values));
        }

        var (low, high) = (Forward(kind, min), Forward(kind, max));
        if (high - low < 1e-9)
        {
            var half = kind == AxisKind.Linear ? Math.Max(1e-9, Math.Abs(high) * 0.1) : Math.Log(kind == AxisKind.Log2 ? 2 : 3);
            (low, high) = (low - half, high + half);
        }

        var room = (high - low) * padding;
        return new AxisScale(kind, Backward(kind, low - room), Backward(kind, high + room), from, to);
    }

    /// <summary>The coordinate of a value.</summary>
    public double Map(double value)
    {
        var (low, high) = (Forward(Kind, Min), Forward(Kind, Max));
        return From + (Forward(Kind, value) - low) / (high - low) * (To - From);
    }

    /// <summary>Whether the value lies on the axis.</summary>
    public bool Contains(double value) => value >= Min * (1 - 1e-12) && value <= Max * (1 + 1e-12);

    /// <summary>Ticks between both ends; labels at most <paramref name="most"/>.</summary>
    public IReadOnlyList<Tick> Ticks(int most = 10, Func<double, string>? label = null) => Kind switch
    {
        AxisKind.Log2 => Powers(2, most, label ?? Show.Length, []),
        AxisKind.Log10 => Powers(10, most, label ?? Show.Short, [2, 5]),
        _ => Even(most, label ?? Show.Short),
    };

    private List<Tick> Powers(double powerBase, int most, Func<double, string> label, int[] minors)
    {
        var first = (int)Math.Floor(Math.Log(Min, powerBase) + 1e-9);
        var last = (int)Math.Ceiling(Math.Log(Max, powerBase) - 1e-9);
        var majors = Enumerable.Range(first, last - first + 1).Select(power => Math.Pow(powerBase, power)).Where(Contains).ToList();
        var step = Math.Max(1, (int)Math.Ceiling(majors.Count / (double)most));
        // With fewer than three powers in sight the ticks between them must speak, or the axis has no scale.
        var minorsSpeak = majors.Count < 3;
        var ticks = majors.Select((value, index) => new Tick(value, index % step == 0 ? label(value) : "")).ToList();
        foreach (var power in Enumerable.Range(first, last - first + 1))
        {
            ticks.AddRange(minors.Select(minor => minor * Math.Pow(powerBase, power)).Where(Contains)
                .Select(value => new Tick(value, minorsSpeak ? label(value) : "")));
        }

        return [.. ticks.OrderBy(tick => tick.Value)];
    }

    private List<Tick> Even(int most, Func<double, string> label)
    {
        var rough = (Max - Min) / Math.Max(1, most);
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = RoundSteps.Select(factor => factor * power).First(candidate => candidate >= rough * (1 - 1e-9));
        var first = (long)Math.Ceiling(Min / step - 1e-9);
        var last = (long)Math.Floor(Max / step + 1e-9);
        var ticks = new List<Tick>();
        for (var index = first; index <= last; index++)
        {
            ticks.Add(new Tick(index * step, label(index * step)));
        }

        return ticks;
    }

    private static double Forward(AxisKind kind, double value) => kind == AxisKind.Linear ? value : Math.Log(value);

    private static double Backward(AxisKind kind, double value) => kind == AxisKind.Linear ? value : Math.Exp(value);
}
