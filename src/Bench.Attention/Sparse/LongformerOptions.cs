using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>Options of Longformer.</summary>
public sealed record LongformerOptions
{
    /// <summary>w: tokens on each side that a query sees.</summary>
    [Range(1, 1 << 16)]
    public int Window { get; set; } = 256;

    /// <summary>First tokens that see and are seen by everyone; named input <c>global</c> <c>[B, N]</c> (true = global) replaces the choice.</summary>
    [Range(0, 1 << 16)]
    public int GlobalTokens { get; set; } = 1;
}
