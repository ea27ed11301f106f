using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>Options of the mixture of sparse attention; sizes in tokens, one for all heads or a comma-separated list.</summary>
public sealed record MixtureOptions
{
    /// <summary>b: tokens of a block; sizes count whole blocks.</summary>
    [Range(1, 1 << 16)]
    public int Block { get; set; } = 64;

    /// <summary>First tokens that everyone sees.</summary>
    [Required]
    public string Sink { get; set; } = "64";

    /// <summary>Newest tokens that a query sees, its own block included; at least that block.</summary>
    [Required]
    public string Local { get; set; } = "128,256,512";
}
