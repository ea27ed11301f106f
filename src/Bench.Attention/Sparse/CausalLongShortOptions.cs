using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>Options of causal long-short attention; the defaults are CAB's.</summary>
public sealed record CausalLongShortOptions
{
    /// <summary>c: tokens that are compressed together.</summary>
    [Range(1, 1 << 16)]
    public int Chunk { get; set; } = 32;

    /// <summary>ρ: vectors that a chunk is compressed to.</summary>
    [Range(1, 256)]
    public int Rank { get; set; } = 1;

    /// <summary>w: newest keys that a query sees exactly, itself included.</summary>
    [Range(1, 1 << 16)]
    public int Window { get; set; } = 256;

    /// <summary>
    /// Tokens of memory before the sequence: at least the window, a multiple of the chunk. Empty memory is zeros, and takes its share of the
    /// attention as in the authors' code. Named input <c>memory</c> <c>[B, memoryLength, E]</c> fills it.
    /// </summary>
    [Range(1, 1 << 20)]
    public int MemoryLength { get; set; } = 1024;

    /// <summary>Whether query, key, value and output projections have biases.</summary>
    public bool Bias { get; set; }
}
