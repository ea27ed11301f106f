using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>Options of ProbSparse attention.</summary>
public sealed record ProbSparseOptions
{
    /// <summary>c: c·⌈ln M⌉ keys are sampled for each query, and c·⌈ln N⌉ queries attend.</summary>
    [Range(1, 1000)]
    public int Factor { get; set; } = 5;
}
