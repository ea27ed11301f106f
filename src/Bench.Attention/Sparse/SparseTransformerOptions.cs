using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>The factorised patterns of the Sparse Transformer.</summary>
public enum SparseTransformerMode
{
    /// <summary>Keys at distances that are multiples of the stride.</summary>
    Strided,

    /// <summary>The query's own segment, and the summary blocks at the end of every segment.</summary>
    Fixed,

    /// <summary>Keys nearer than the stride.</summary>
    Local,
}

/// <summary>Options of the Sparse Transformer.</summary>
public sealed record SparseTransformerOptions
{
    /// <summary>Which pairs are visible.</summary>
    public SparseTransformerMode Mode { get; set; } = SparseTransformerMode.Fixed;

    /// <summary>Stride, or length of a segment, in tokens; a multiple of the block for <see cref="SparseTransformerMode.Fixed"/>.</summary>
    [Range(1, 1 << 20)]
    public int Stride { get; set; } = 128;

    /// <summary>Tokens of a block of the fixed pattern.</summary>
    [Range(1, 1 << 16)]
    public int Block { get; set; } = 32;

    /// <summary>Groups of summary blocks that heads take in turn.</summary>
    [Range(1, 1024)]
    public int Summaries { get; set; } = 4;

    /// <summary>Blocks in a group of summaries.</summary>
    [Range(1, 1024)]
    public int SummaryBlocks { get; set; } = 1;
}
