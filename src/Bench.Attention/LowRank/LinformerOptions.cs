using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.LowRank;

/// <summary>Options of Linformer.</summary>
public sealed record LinformerOptions
{
    /// <summary>k: rows that keys and values are projected to.</summary>
    [Range(1, 1 << 16)]
    public int Rank { get; set; } = 64;

    /// <summary>One projection for keys and values.</summary>
    public bool Shared { get; set; }
}
