using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>Options of FlexPrefill.</summary>
public sealed record FlexPrefillOptions
{
    /// <summary>b: tokens of a block, of queries and of keys.</summary>
    [Range(1, 1 << 16)]
    public int Block { get; set; } = 128;

    /// <summary>γ: share of the attention that the chosen keys must hold.</summary>
    [Range(0.0, 1.0)]
    public double Coverage { get; set; } = 0.9;

    /// <summary>τ: a head whose pooled attention comes nearer than this to its true one (√JS divergence) ranks pairs of blocks instead.</summary>
    [Range(0.0, 1.0)]
    public double Threshold { get; set; } = 0.1;

    /// <summary>Least tokens that columns, and that diagonals, are given; shorter prompts are attended in full.</summary>
    [Range(1, 1 << 30)]
    public int MinBudget { get; set; } = 1024;

    /// <summary>Most tokens that columns, and that diagonals, are given; none for no bound.</summary>
    [Range(1, 1 << 30)]
    public int? MaxBudget { get; set; }
}
