using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>Options of block-sparse local and vertically strided attention.</summary>
public sealed record LocalStrideOptions
{
    /// <summary>b: tokens of a block.</summary>
    [Range(1, 1 << 16)]
    public int Block { get; set; } = 64;

    /// <summary>L: newest blocks that are always visible, the query's own included.</summary>
    [Range(1, 1 << 16)]
    public int LocalBlocks { get; set; } = 4;

    /// <summary>V: every V-th block is visible, at an offset of its own for each head.</summary>
    [Range(1, 1 << 16)]
    public int Stride { get; set; } = 8;

    /// <summary>One pattern for all heads.</summary>
    public bool SameForAllHeads { get; set; }

    /// <summary>The last so many key–value heads see everything.</summary>
    [Range(0, 1024)]
    public int DenseHeads { get; set; }
}
