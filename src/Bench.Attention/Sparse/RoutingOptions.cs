using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>Options of routing attention.</summary>
public sealed record RoutingOptions
{
    /// <summary>C: clusters.</summary>
    [Range(1, 1 << 16)]
    public int Clusters { get; set; } = 4;

    /// <summary>w: queries that a cluster takes, and keys unless <see cref="ContextWindow"/> says otherwise; at most all. 0 for a C-th of the sequence.</summary>
    [Range(0, 1 << 20)]
    public int Window { get; set; }

    /// <summary>w′: keys that a cluster takes; 0 for <see cref="Window"/>.</summary>
    [Range(0, 1 << 20)]
    public int ContextWindow { get; set; }

    /// <summary>Learned keys and values at the front of every cluster, always visible.</summary>
    [Range(0, 1024)]
    public int MemoryTokens { get; set; }

    /// <summary>Hide later keys inside a cluster. Members are still chosen from the whole sequence, so this is no causal pattern.</summary>
    public bool CausalMask { get; set; }

    /// <summary>Queries choose the members for both sides, keys are scaled to length 1, and a token sees itself only when nothing else is left.</summary>
    public bool SharedKeys { get; set; }

    /// <summary>Let padded tokens compete for places in a cluster, as the public code does; they are hidden afterwards only.</summary>
    public bool PaddingQuirk { get; set; }
}
