using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>Options of Sinkhorn attention.</summary>
public sealed record SinkhornOptions
{
    /// <summary>b: tokens of a bucket.</summary>
    [Range(1, 1 << 16)]
    public int Bucket { get; set; } = 64;

    /// <summary>Sort by a soft permutation (Gumbel–Sinkhorn) instead of the strongest buckets; only without a cut.</summary>
    public bool Permutative { get; set; } = true;

    /// <summary>Normalisations of rows and columns.</summary>
    [Range(0, 1000)]
    public int Iterations { get; set; } = 7;

    /// <summary>Temperature of the permutation; the choice of the strongest buckets has none.</summary>
    [Range(1e-6, 1e6)]
    public double Temperature { get; set; } = 0.75;

    /// <summary>Sorted buckets that all queries see instead of their own one; 0 for no cut.</summary>
    [Range(0, 1 << 16)]
    public int SortCut { get; set; }

    /// <summary>Strongest buckets that a bucket of queries sees where the sorting is no permutation.</summary>
    [Range(1, 1 << 16)]
    public int TopBuckets { get; set; } = 1;
}
