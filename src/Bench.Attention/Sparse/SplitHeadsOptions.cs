using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>Options of attention whose heads are partly local.</summary>
public sealed record SplitHeadsOptions
{
    /// <summary>First heads that see a window only; −1 for half of them.</summary>
    [Range(-1, 4096)]
    public int LocalHeads { get; set; } = -1;

    /// <summary>Newest tokens that a local head sees, the query's own included.</summary>
    [Range(1, 1 << 20)]
    public int Window { get; set; } = 64;
}
