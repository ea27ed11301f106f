using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>Options of shifted sparse attention.</summary>
public sealed record ShiftedOptions
{
    /// <summary>G: tokens of a group, even.</summary>
    [Range(2, 1 << 20)]
    public int Group { get; set; } = 64;

    /// <summary>
    /// Roll the shifted heads around the end of the sequence, as the authors' plain path does: its first G/2 queries then read the
    /// last tokens. Needs a length that is a multiple of G. Not causal.
    /// </summary>
    public bool WrapQuirk { get; set; }
}
