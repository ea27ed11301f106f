using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.LowRank;

/// <summary>Options of attention with bounded-memory control.</summary>
public sealed record AbcOptions
{
    /// <summary>r: memory slots that keys and values are compressed to.</summary>
    [Range(1, 4096)]
    public int Landmarks { get; set; } = 16;
}
