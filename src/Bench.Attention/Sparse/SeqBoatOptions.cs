using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>How SeqBoat's attention learns where tokens stand.</summary>
public enum SeqBoatPositions
{
    /// <summary>A learned bias of the distance in the sequence; beyond the longest learned one, that of the longest.</summary>
    Distance,

    /// <summary>A learned bias of the distance among activated tokens.</summary>
    Rank,

    /// <summary>Queries and keys turned by their places in the sequence.</summary>
    Rotary,
}

/// <summary>Options of SeqBoat.</summary>
public sealed record SeqBoatOptions
{
    /// <summary>w: activated tokens that a query reaches on a side.</summary>
    [Range(1, 1 << 20)]
    public int Window { get; set; } = 128;

    /// <summary>n: modes of the moving average per feature.</summary>
    [Range(1, 256)]
    public int Modes { get; set; } = 16;

    /// <summary>Z: size of queries and keys; 0 for half the model, at least 8.</summary>
    [Range(0, 4096)]
    public int KeySize { get; set; }

    /// <summary>V: size of the values; 0 for the model's.</summary>
    [Range(0, 1 << 16)]
    public int Hidden { get; set; }

    /// <summary>relu(q kᵀ/w + bias)² (2w where both sides are seen) instead of softmax.</summary>
    public bool SquaredRelu { get; set; } = true;

    /// <summary>How attention learns where tokens stand.</summary>
    public SeqBoatPositions Positions { get; set; }

    /// <summary>Whether the norm comes before the moving average instead of after the whole layer.</summary>
    public bool NormFirst { get; set; } = true;
}
