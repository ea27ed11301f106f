using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>Options of the mixture of block attention.</summary>
public sealed record MobaOptions
{
    /// <summary>c: tokens of a block.</summary>
    [Range(1, 1 << 20)]
    public int Block { get; set; } = 64;

    /// <summary>k: blocks a query attends to, its own included.</summary>
    [Range(1, 1 << 16)]
    public int TopBlocks { get; set; } = 3;
}
