using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>Options of H-Transformer-1D.</summary>
public sealed record HTransformerOptions
{
    /// <summary>b: tokens of a block on every level, even.</summary>
    [Range(2, 4096)]
    public int Block { get; set; } = 16;
}
