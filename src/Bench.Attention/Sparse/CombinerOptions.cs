using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>How a segment becomes one vector.</summary>
public enum CombinerPool
{
    /// <summary>Largest of each component, after relu.</summary>
    ReluMax,

    /// <summary>Mean.</summary>
    IdentityMean,
}

/// <summary>Options of Combiner with one summary a segment.</summary>
public sealed record CombinerFixedOptions
{
    /// <summary>L: tokens of a segment.</summary>
    [Range(1, 1 << 16)]
    public int Segment { get; set; } = 64;

    /// <summary>How a segment becomes one vector.</summary>
    public CombinerPool Pool { get; set; }
}

/// <summary>Options of Combiner with one summary for each column of a segment.</summary>
public sealed record CombinerAxialOptions
{
    /// <summary>L: tokens of a segment.</summary>
    [Range(1, 1 << 16)]
    public int Segment { get; set; } = 64;
}
