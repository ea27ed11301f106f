using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>Options of landmark attention.</summary>
public sealed record LandmarkOptions
{
    /// <summary>b: ordinary tokens of a block; the token after them is its landmark.</summary>
    [Range(1, 1 << 16)]
    public int Block { get; set; } = 50;
}
