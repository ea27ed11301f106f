using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>Options of recycled attention.</summary>
public sealed record RecycledOptions
{
    /// <summary>P: tokens of the prompt, attended in full; the last of them chooses first.</summary>
    [Range(1, 1 << 24)]
    public int Prompt { get; set; } = 512;

    /// <summary>K: tokens that are kept for the steps between.</summary>
    [Range(1, 1 << 20)]
    public int Keep { get; set; } = 256;

    /// <summary>S: every S-th step attends to everything and chooses anew; 1 is full attention.</summary>
    [Range(1, 1 << 20)]
    public int Period { get; set; } = 50;
}
