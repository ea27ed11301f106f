using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>Options of causal Sinkhorn attention.</summary>
public sealed record CausalSinkhornOptions
{
    /// <summary>b: tokens of a bucket.</summary>
    [Range(1, 1 << 16)]
    public int Bucket { get; set; } = 64;

    /// <summary>Past buckets that a bucket of queries sees beside its own.</summary>
    [Range(1, 1 << 16)]
    public int TopBuckets { get; set; } = 2;

    /// <summary>Temperature of the choice.</summary>
    [Range(1e-6, 1e6)]
    public double Temperature { get; set; } = 1;
}
