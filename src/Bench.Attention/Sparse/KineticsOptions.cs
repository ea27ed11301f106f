using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>Options of top-k attention over blocks of the cache.</summary>
public sealed record KineticsOptions
{
    /// <summary>First tokens that everyone sees.</summary>
    [Range(0, 1 << 20)]
    public int Sink { get; set; } = 4;

    /// <summary>Newest tokens that a query sees, itself included; what does not fill a block joins them.</summary>
    [Range(1, 1 << 20)]
    public int Local { get; set; } = 64;

    /// <summary>b: tokens of a block; 1 chooses single tokens.</summary>
    [Range(1, 1 << 16)]
    public int Block { get; set; } = 16;

    /// <summary>k: blocks that a query chooses.</summary>
    [Range(1, 1 << 20)]
    public int TopBlocks { get; set; } = 16;

    /// <summary>
    /// Tokens between the starts of overlapping blocks, of which the 2k best are joined and cut to the first k·b tokens; 0 puts blocks side by side.
    /// </summary>
    [Range(0, 1 << 16)]
    public int Stride { get; set; }
}
