using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>Options of sliding-window attention.</summary>
public sealed record LocalOptions
{
    /// <summary>w in tokens: noncausal queries see w keys on each side and themselves, causal ones the w newest keys including themselves.</summary>
    [Range(1, 1 << 20)]
    public int Window { get; set; } = 15;

    /// <summary>
    /// Combine the edge of the sequence and the padding mask as CAB's code does: a slot is hidden only when it lies outside the sequence
    /// <em>and</em> the edge key that stands in for it is padded. Padded keys inside are read, real edge keys are repeated.
    /// </summary>
    public bool CabPaddingQuirk { get; set; }
}
