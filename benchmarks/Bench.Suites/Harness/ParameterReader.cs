using System.Globalization;
using Bench.Domain.Matrix;

namespace Bench.Suites.Harness;

/// <summary>Parameters of a cell over the defaults of its task.</summary>
public sealed class ParameterReader(BenchTask task, Cell cell)
{
    /// <summary>The cell itself.</summary>
    public Cell Cell => cell;

    /// <summary>A parameter as text.</summary>
    /// <exception cref="FormatException">The task has no such parameter.</exception>
    public string Text(string name) => cell.Parameters.TryGetValue(name, out var value) || task.Parameters.TryGetValue(name, out value)
        ? value
        : throw new FormatException($"'{task.Entry.Id}' has no parameter '{name}'; it has {string.Join(", ", task.Parameters.Keys)}.");

    /// <summary>A parameter as a whole number of at least <paramref name="least"/>.</summary>
    /// <exception cref="FormatException">It is no such number.</exception>
    public int Int(string name, int least = 0) =>
        int.TryParse(Text(name), NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) && value >= least
            ? value
            : throw new FormatException($"Parameter '{name}' of '{task.Entry.Id}' is '{Text(name)}'; it must be a whole number of at least {least}.");

    /// <summary>A parameter as a finite number.</summary>
    /// <exception cref="FormatException">It is no such number.</exception>
    public double Number(string name) =>
        double.TryParse(Text(name), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? value
            : throw new FormatException($"Parameter '{name}' of '{task.Entry.Id}' is '{Text(name)}'; it must be a number.");

    /// <summary>A parameter as true or false.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public bool Flag(string name) => bool.TryParse(Text(name), out var value)
        ? value
        : throw new FormatException($"Parameter '{name}' of '{task.Entry.Id}' is '{Text(name)}'; it must be true or false.");
}
