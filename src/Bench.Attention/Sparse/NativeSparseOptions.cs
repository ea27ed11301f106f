using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>Options of native sparse attention.</summary>
public sealed record NativeSparseOptions
{
    /// <summary>b: tokens of a block, for compression and selection.</summary>
    [Range(1, 1 << 16)]
    public int Block { get; set; } = 64;

    /// <summary>S: blocks a query selects, the first, its own and the one before among them; at least 3.</summary>
    [Range(3, 1 << 16)]
    public int TopBlocks { get; set; } = 16;

    /// <summary>w: newest tokens of the sliding window, the query's own included.</summary>
    [Range(1, 1 << 20)]
    public int Window { get; set; } = 512;
}
