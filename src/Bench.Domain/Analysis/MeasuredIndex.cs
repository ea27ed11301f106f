using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Bench.Domain.Results;

namespace Bench.Domain.Analysis;

/// <summary>One figure that enters a measured index.</summary>
/// <param name="Entrant">Whose it is.</param>
/// <param name="Group">Task of the index; a group's columns are averaged before groups are.</param>
/// <param name="Column">Task, setting and metric.</param>
/// <param name="Better">Which way it improves.</param>
/// <param name="Value">The figure.</param>
public sealed record MeasuredValue(string Entrant, string Group, string Column, Better Better, double Value);

/// <summary>A column with the normaliser that was found.</summary>
/// <param name="Group">Task of the index.</param>
/// <param name="Column">Task, setting and metric.</param>
/// <param name="Better">Which way it improves.</param>
/// <param name="Mean">Mean over the entrants.</param>
/// <param name="Deviation">Their sample standard deviation.</param>
/// <param name="Count">How many they are.</param>
public sealed record MeasuredColumn(string Group, string Column, Better Better, double Mean, double Deviation, int Count)
{
    /// <summary>(value − mean) / deviation, so that larger is better.</summary>
    public double Normalise(double value) => (Better == Better.Higher ? 1 : -1) * (value - Mean) / Deviation;
}

/// <summary>An entrant's row.</summary>
/// <param name="Entrant">Whose it is.</param>
/// <param name="Groups">Index of each task; null where a column of it is missing.</param>
/// <param name="Total">Mean of the tasks' indices, every task weighing the same; null when one is missing.</param>
public sealed record MeasuredRow(string Entrant, IReadOnlyList<double?> Groups, double? Total);

/// <summary>
/// A compositional index with normalisers of its own: mean and sample standard deviation over the entrants that were measured. Figures of a small model on other
/// data must not be normalised by CAB's constants, and indices of two sets of normalisers never share a column.
/// </summary>
/// <remarks>The arithmetic of CAB's index (arXiv:2210.07661, section 4).</remarks>
public sealed record MeasuredIndex
{
    /// <summary>Entrants below which a column has no normaliser.</summary>
    public const int LeastEntrants = 3;

    /// <summary>Which normalisers these are: a name, and eight digits of a hash of all their numbers.</summary>
    public required string Version { get; init; }

    /// <summary>Tasks in order.</summary>
    public required IReadOnlyList<string> Groups { get; init; }

    /// <summary>Columns in order of their tasks.</summary>
    public required IReadOnlyList<MeasuredColumn> Columns { get; init; }

    /// <summary>Entrants by total, best first, those without one last.</summary>
    public required IReadOnlyList<MeasuredRow> Rows { get; init; }

    /// <summary>Scores every entrant.</summary>
    /// <param name="name">Name of the set of normalisers, such as <c>cab-small/1</c>.</param>
    /// <param name="values">Figures; at most one for each entrant and column.</param>
    /// <exception cref="ArgumentException">An entrant has two figures in a column.</exception>
    public static MeasuredIndex Of(string name, IReadOnlyList<MeasuredValue> values)
    {
        if (values.GroupBy(value => (value.Entrant, value.Column)).FirstOrDefault(pair => pair.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"'{twice.Key.Entrant}' has {twice.Count()} figures for '{twice.Key.Column}'. Keep one.", nameof(values));
        }

        var columns = values.GroupBy(value => (value.Group, value.Column, value.Better)).Where(column => column.Count() >= LeastEntrants)
            .Select(column => new MeasuredColumn(column.Key.Group, column.Key.Column, column.Key.Better, column.Average(one => one.Value), Deviation([.. column.Select(one => one.Value)]), column.Count()))
            .Where(column => column.Deviation > 0)
            .OrderBy(column => column.Group, StringComparer.Ordinal).ThenBy(column => column.Column, StringComparer.Ordinal).ToList();
        var groups = columns.GroupBy(column => column.Group).ToList();
        var rows = values.GroupBy(value => value.Entrant).Select(entrant =>
        {
            var own = entrant.ToDictionary(value => value.Column, value => value.Value, StringComparer.Ordinal);
            var scores = groups.Select(group => group.All(column => own.ContainsKey(column.Column)) ? group.Average(column => column.Normalise(own[column.Column])) : (double?)null).ToList();
            return new MeasuredRow(entrant.Key, scores, scores.Count > 0 && scores.All(score => score is not null) ? scores.Average(score => score!.Value) : null);
        });
        return new MeasuredIndex
        {
            Version = $"{name}-{Hash(columns)}",
            Groups = [.. groups.Select(group => group.Key)],
            Columns = columns,
            Rows = [.. rows.Where(row => row.Groups.Any(score => score is not null)).OrderByDescending(row => row.Total ?? double.NegativeInfinity).ThenBy(row => row.Entrant, StringComparer.Ordinal)],
        };
    }

    private static double Deviation(IReadOnlyList<double> values)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1));
    }

    private static string Hash(IEnumerable<MeasuredColumn> columns)
    {
        var text = string.Join('|', columns.Select(column => string.Create(CultureInfo.InvariantCulture, $"{column.Column},{column.Better},{column.Mean:R},{column.Deviation:R},{column.Count}")));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..8];
    }
}
