namespace Bench.Domain.Analysis;

/// <summary>Which cost a curve shows; CAB's protocol fits the two differently.</summary>
public enum CostQuantity
{
    /// <summary>Time of one pass, any unit.</summary>
    Time,

    /// <summary>Peak memory, any unit.</summary>
    Memory,
}

/// <summary>How a length ended.</summary>
public enum CostOutcome
{
    /// <summary>It was measured.</summary>
    Measured,

    /// <summary>Memory did not suffice: more expensive than any number.</summary>
    OutOfMemory,

    /// <summary>The time limit passed: more expensive than any number.</summary>
    TimedOut,
}

/// <summary>The cost at one length.</summary>
/// <param name="Length">N in tokens.</param>
/// <param name="Processes">Repetitions by process; empty when the length was not measured.</param>
/// <param name="Outcome">Whether it was measured, or how it failed.</param>
public sealed record CostPoint(int Length, IReadOnlyList<IReadOnlyList<double>> Processes, CostOutcome Outcome = CostOutcome.Measured)
{
    /// <summary>A length with repetitions of one process.</summary>
    public static CostPoint Of(int length, params IReadOnlyList<double> repetitions) => new(length, [repetitions]);

    /// <summary>A length that ran out of memory or time.</summary>
    public static CostPoint Failed(int length, CostOutcome outcome) => new(length, [], outcome);

    /// <summary>All repetitions.</summary>
    public IReadOnlyList<double> Pooled { get; } = [.. Processes.SelectMany(process => process)];

    /// <summary>Whether there is a spread to resample.</summary>
    public bool HasRepetitions => Pooled.Count > 1;

    /// <summary>The median, or +∞ where memory or time ran out.</summary>
    public double Median => Outcome == CostOutcome.Measured ? Quantiles.Median(Pooled) : double.PositiveInfinity;
}

/// <summary>Cost of one implementation over lengths.</summary>
public sealed class CostCurve
{
    /// <summary>A curve; the points are put in order of length.</summary>
    /// <exception cref="ArgumentException">A length appears twice, is not positive, or has a cost that is not a positive
    /// number.</exception>
    public CostCurve(string implementation, IEnumerable<CostPoint> points)
    {
        Implementation = implementation;
        Points = [.. points.OrderBy(point => point.Length)];
        foreach (var point in Points)
        {
            if (point.Length <= 0 || (point.Outcome == CostOutcome.Measured && point.Pooled.Count == 0)
                || point.Pooled.Any(value => !(value > 0) || double.IsInfinity(value)))
            {
                throw new ArgumentException(
                    $"'{implementation}' at length {point.Length}: lengths and costs must be positive numbers. Mark a failed length as "
                        + "OOM or T/O.",
                    nameof(points));
            }
        }

        if (Points.GroupBy(point => point.Length).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"'{implementation}' has length {twice.Key} twice. Give its repetitions together.", nameof(points));
        }
    }

    /// <summary>Implementation id or name.</summary>
    public string Implementation { get; }

    /// <summary>Points by ascending length.</summary>
    public IReadOnlyList<CostPoint> Points { get; }

    /// <summary>The point at a length, or null.</summary>
    public CostPoint? At(int length) => Points.FirstOrDefault(point => point.Length == length);
}
