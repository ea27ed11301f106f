using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>Options of Transformer-XL.</summary>
public sealed record TransformerXlOptions
{
    /// <summary>L: tokens of a segment.</summary>
    [Range(1, 1 << 20)]
    public int Segment { get; set; } = 128;

    /// <summary>M: tokens before the segment that its queries still see.</summary>
    [Range(0, 1 << 20)]
    public int MemoryLength { get; set; } = 128;
}
