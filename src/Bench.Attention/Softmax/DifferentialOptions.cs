using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Softmax;

/// <summary>Options of differential attention.</summary>
public sealed record DifferentialOptions
{
    /// <summary>λ_init: weight of the subtracted map at the start; the paper takes 0.8 − 0.6·e^(−0.3·(layer − 1)).</summary>
    [Range(0.0, 0.999)]
    public double LambdaInit { get; set; } = 0.8;
}
