using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>How a segment becomes one vector.</summary>
public enum CombinerPool
{
    /// <summary>Largest of each component, after relu.</summary>
    ReluMax,

    /// <summary>Sum, after relu.</summary>
    ReluSum,

    /// <summary>Mean, after relu.</summary>
    ReluMean,

    /// <summary>Largest of each component.</summary>
    IdentityMax,

    /// <summary>Sum.</summary>
    IdentitySum,

    /// <summary>Mean.</summary>
    IdentityMean,
}

/// <summary>What key a token's summary of its row has.</summary>
public enum CombinerRowKey
{
    /// <summary>The sum of the row's keys, weighed by what the token attends to.</summary>
    WeightedSum,

    /// <summary>The token's own.</summary>
    None,
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

    /// <summary>What key a token's summary of its row has.</summary>
    public CombinerRowKey Summary { get; set; }
}

/// <summary>Options of Combiner with directed summaries along rows and columns.</summary>
public sealed record CombinerMixtureOptions
{
    /// <summary>L: tokens of a segment.</summary>
    [Range(1, 1 << 16)]
    public int Segment { get; set; } = 64;
}
