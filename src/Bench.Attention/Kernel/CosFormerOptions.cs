using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Kernel;

/// <summary>Options of cosFormer.</summary>
public sealed record CosFormerOptions
{
    /// <summary>Least value of the normaliser.</summary>
    [Range(1e-12, 1)]
    public double Epsilon { get; set; } = 1e-6;
}
