namespace Bench.Domain.Results;

/// <summary>What the correctness gate found on the cell's own shape.</summary>
public sealed record CorrectnessReport
{
    /// <summary>Whether outputs were compared; false only for tasks whose metric is itself a quality.</summary>
    public required bool Checked { get; init; }

    /// <summary>Largest absolute difference from the double-precision reference.</summary>
    public double MaxAbsError { get; init; }

    /// <summary>Largest absolute difference divided by the reference's largest magnitude.</summary>
    public double MaxRelError { get; init; }

    /// <summary>Bound that <see cref="MaxRelError"/> had to keep.</summary>
    public double Tolerance { get; init; }

    /// <summary>Numbers compared.</summary>
    public long Compared { get; init; }

    /// <summary>NaN and infinities found; more than zero fails the gate.</summary>
    public long NonFinite { get; init; }
}
